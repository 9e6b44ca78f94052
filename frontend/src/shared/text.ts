/** "no such port" → "No such port". */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What was said in several places, as sentences one after the other; what is missing is left out. */
export function sentences(...parts: (string | null)[]): string {
  return parts
    .flatMap((part) => (part === null || part.trim() === "" ? [] : [part.trim()]))
    .map((part) => capitalise(part).replace(/([^.!?:…])$/, "$1."))
    .join(" ");
}
