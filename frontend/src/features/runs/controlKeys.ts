import { useEffect, useEffectEvent } from "react";

export type ControlKey = "play" | "step" | "stop";

/** With Alt, so that no letter typed anywhere steers a training; by place on the keyboard, since Alt changes letters. */
export const shortcuts: Record<ControlKey, { code: string; shown: string; aria: string }> = {
  play: { code: "KeyP", shown: "Alt P", aria: "Alt+P" },
  step: { code: "KeyN", shown: "Alt N", aria: "Alt+N" },
  stop: { code: "KeyS", shown: "Alt S", aria: "Alt+S" },
};

const keys = Object.keys(shortcuts) as ControlKey[];

/** Which control a key press means; null for any other. */
export function controlOf(event: Pick<KeyboardEvent, "altKey" | "ctrlKey" | "metaKey" | "shiftKey" | "code">): ControlKey | null {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  return keys.find((key) => shortcuts[key].code === event.code) ?? null;
}

/** Steers by keyboard for as long as the component is there. */
export function useControlKeys(actions: Record<ControlKey, () => void>): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const key = controlOf(event);
    if (key === null) return;
    event.preventDefault();
    actions[key]();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => press(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
