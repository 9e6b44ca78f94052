import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import ts from "typescript";

const root = join(import.meta.dirname, "..");

export interface FoundText {
  file: string;
  text: string;
}

export interface Entry {
  file: string;
  key: string;
  value: string;
}

function filesOf(fits: (name: string) => boolean): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => fits(name))
    .map((name) => join(root, name))
    .sort();
}

/** Every text that the sources hand to `t`, `msg` or `<Trans>`, and the calls whose text cannot be read. */
export function readTexts(): { texts: FoundText[]; faults: string[] } {
  const texts: FoundText[] = [];
  const faults: string[] = [];
  for (const path of filesOf((name) => /\.tsx?$/.test(name) && !/\.test\.|^test\/|^i18n\//.test(name))) {
    const file = relative(root, path);
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    visit(source, (node) => {
      const asked = askedText(node);
      if (!asked) return;
      const found = literals(asked.text, asked.mayBeMessage);
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      if (!found) faults.push(`${file}:${line}: ${asked.text.getText()} is no literal`);
      else texts.push(...found.map((text) => ({ file, text })));
    });
  }
  return { texts, faults };
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

/** The text of `t("…")`, `msg("…")` and `<Trans i18nKey="…">`; anything else asks for none. */
function askedText(node: ts.Node): { text: ts.Expression; mayBeMessage: boolean } | null {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    const [text] = node.arguments;
    const { text: name } = node.expression;
    if (text && (name === "t" || name === "msg")) return { text, mayBeMessage: name === "t" };
  }
  if (ts.isJsxAttribute(node) && node.name.getText() === "i18nKey" && node.initializer) {
    const { initializer } = node;
    const text = ts.isJsxExpression(initializer) ? initializer.expression : initializer;
    return text ? { text, mayBeMessage: false } : null;
  }
  return null;
}

/** What an expression can be, as texts. A `Message` was read where `msg` made it; the types see to that. */
function literals(text: ts.Expression, mayBeMessage: boolean): string[] | null {
  if (ts.isStringLiteralLike(text)) return [text.text];
  if (ts.isParenthesizedExpression(text)) return literals(text.expression, mayBeMessage);
  if (ts.isConditionalExpression(text) || (ts.isBinaryExpression(text) && text.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)) {
    const [left, right] = ts.isConditionalExpression(text) ? [text.whenTrue, text.whenFalse] : [text.left, text.right];
    const one = literals(left, mayBeMessage);
    const other = literals(right, mayBeMessage);
    return one && other ? [...one, ...other] : null;
  }
  const isPlain = ts.isIdentifier(text) || ts.isPropertyAccessExpression(text) || ts.isElementAccessExpression(text) || ts.isCallExpression(text);
  return mayBeMessage && isPlain ? [] : null;
}

/** The entries of every dictionary of that name. */
export function readDictionaries(name: string): Entry[] {
  return filesOf((path) => path.endsWith(`/${name}`)).flatMap((path) =>
    Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, string>).map(([key, value]) => ({
      file: relative(root, path),
      key,
      value,
    })),
  );
}

/** "{{count}} of {{total}}" → ["count", "total"]. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? "");
}
