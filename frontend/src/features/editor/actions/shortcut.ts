/** Shortcuts are written "mod+shift+z" or "alt+arrowup"; mod is ⌘ on a Mac and Ctrl elsewhere. */
export const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);

export function matchesShortcut(event: KeyboardEvent, shortcut: string): boolean {
  const parts = shortcut.split("+");
  const key = shortcut.endsWith("+") ? "+" : (parts.at(-1) ?? "");
  const mod = parts.includes("mod");
  const shift = parts.includes("shift");
  if (event.key.toLowerCase() !== key) return false;
  if (event.altKey !== parts.includes("alt") || mod !== (isMac ? event.metaKey : event.ctrlKey)) return false;
  // Signs such as ? need shift on some keyboards and not on others: what counts is the sign.
  return shift === event.shiftKey || !/^[a-z]$|^.{2,}$/.test(key);
}

const words: Record<string, string> = { mod: isMac ? "⌘" : "Ctrl", shift: isMac ? "⇧" : "Shift", alt: isMac ? "⌥" : "Alt", arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→", delete: "Del", escape: "Esc" };

/** "mod+shift+z" → "Ctrl+Shift+Z". */
export function writeShortcut(shortcut: string): string {
  return shortcut
    .split("+")
    .map((part) => words[part] ?? (part.length === 1 ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.slice(1)))
    .join(isMac ? "" : "+");
}

/** Is the person typing, or is a dialog open? Then keys are not ours. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable="true"], [role="dialog"], [role="alertdialog"], [role="listbox"]') !== null
  );
}
