/** What a piece of Python is; `null`: nothing worth a colour. */
export type Kind = "comment" | "text" | "word" | "number" | null;

export interface Piece {
  kind: Kind;
  text: string;
}

const pattern = /(?<comment>#[^\n]*)|(?<text>[fr]?(?:"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"))|(?<word>\b(?:class|def|for|from|if|import|in|None|return|True|False|self)\b)|(?<number>\b\d[\d.e+-]*\b)/g;

/** Python cut into pieces to be coloured; joined again they are the text. */
export function highlight(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) pieces.push({ kind: null, text: text.slice(end, match.index) });
    const groups: Record<string, string | undefined> = match.groups ?? {};
    const found = Object.entries(groups).find(([, value]) => value !== undefined);
    pieces.push({ kind: (found?.[0] ?? null) as Kind, text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ kind: null, text: text.slice(end) });
  return pieces;
}
