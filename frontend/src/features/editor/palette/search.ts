import type { Category, OperatorInfo, Palette } from "@/api/types";

export interface PaletteGroup {
  category: Category;
  operators: OperatorInfo[];
}

/** The palette by category, narrowed to what fits the words; better fits come first within their category. */
export function searchPalette({ operators, categories }: Palette, words: string): PaletteGroup[] {
  const needles = words.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const titles = new Map(categories.map((category) => [category.name, category]));
  const names = [...new Set([...titles.keys(), ...operators.map((operator) => operator.category)])];
  return names.flatMap((name) => {
    const category = titles.get(name) ?? { name, title: name };
    const found = operators
      .filter((operator) => operator.in_palette && operator.category === name)
      .map((operator) => ({ operator, score: score(operator, category, needles) }))
      .filter((one) => one.score > 0);
    if (needles.length > 0) found.sort((a, b) => b.score - a.score);
    return found.length === 0 ? [] : [{ category, operators: found.map((one) => one.operator) }];
  });
}

/** The best fit over all groups: what Enter adds. */
export function bestMatch(groups: PaletteGroup[], words: string): OperatorInfo | null {
  return bestFirst(groups, words)[0] ?? null;
}

/** All that was found, whatever its category; the best fits first. */
export function bestFirst(groups: PaletteGroup[], words: string): OperatorInfo[] {
  const needles = words.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return groups
    .flatMap(({ category, operators }) => operators.map((operator) => ({ operator, score: score(operator, category, needles) })))
    .sort((a, b) => b.score - a.score)
    .map(({ operator }) => operator);
}

/** Every word has to be found somewhere; 0 when one is not. */
function score(operator: OperatorInfo, category: Category, needles: string[]): number {
  const name = operator.name.toLowerCase();
  const title = operator.title.toLowerCase();
  const rest = `${category.title} ${operator.summary}`.toLowerCase();
  let sum = 1;
  for (const needle of needles) {
    if (name === needle || title === needle) sum += 100;
    else if (name.startsWith(needle) || title.startsWith(needle)) sum += 30;
    else if (name.includes(needle) || title.includes(needle)) sum += 10;
    else if (rest.includes(needle)) sum += 1;
    else return 0;
  }
  return sum;
}
