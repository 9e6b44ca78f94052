import type { GraphNode, OperatorInfo, ParamValue } from "@/api/types";

/** Parameters whose value speaks for itself. */
const selfSpeaking = new Set(["num_filter", "num_hidden", "kernel", "act_type", "pool_type", "shape", "output_dim"]);
const shortNames: Record<string, string> = { stride: "s", pad: "p", dilate: "d", num_group: "groups", axis: "axis" };

/** "Dense (fully connected)" → "Dense"; "square" → "Square". */
export function shortTitle({ title }: OperatorInfo): string {
  const short = title.replace(/\s*\(.*\)$/, "").replace(/,.*$/, "");
  return short.charAt(0).toUpperCase() + short.slice(1);
}

/** The parameters worth a glance: those set and not at their default, "5×5 · 20 · s 2×2". */
export function summarise(node: GraphNode, operator: OperatorInfo | undefined, most = 4): string {
  const properties = operator?.params_schema.properties ?? {};
  const names = Object.keys(properties).length > 0 ? Object.keys(properties) : Object.keys(node.params);
  const words = names.flatMap((name) => {
    const value = node.params[name];
    const isDefault = JSON.stringify(value) === JSON.stringify(properties[name]?.default);
    // A kind is worth showing even at its default: an Activation that says "relu" needs no click.
    const telling = name.endsWith("_type") || name === "type";
    if (value === undefined || value === null || value === false || (isDefault && !telling)) return defaultKind(name, value, properties[name]?.default);
    return [phrase(name, value)];
  });
  return words.slice(0, most).join(" · ");
}

function defaultKind(name: string, value: ParamValue | undefined, preset: ParamValue | undefined): string[] {
  return value === undefined && name.endsWith("_type") && typeof preset === "string" ? [preset] : [];
}

function phrase(name: string, value: ParamValue): string {
  if (value === true) return name.replaceAll("_", " ");
  const text = Array.isArray(value) ? value.map((item) => JSON.stringify(item)).join("×") : typeof value === "object" ? JSON.stringify(value) : String(value);
  return selfSpeaking.has(name) || name.endsWith("_type") ? text : `${shortNames[name] ?? name.replaceAll("_", " ")} ${text}`;
}
