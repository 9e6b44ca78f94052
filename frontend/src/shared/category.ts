import {
  Activity,
  AlignVerticalJustifyCenter,
  Dices,
  Diff,
  Grid3x3,
  Layers,
  ListFilter,
  LogIn,
  type LucideIcon,
  Minimize2,
  Repeat,
  Scaling,
  Shapes,
  Sigma,
  Target,
  Waypoints,
} from "lucide-react";

interface Look {
  icon: LucideIcon;
  /** Degrees on the colour wheel. */
  hue: number;
}

/** By words in the category's name, the first that fits; a family made tomorrow gets a look of its own too. */
const looks: [RegExp, Look][] = [
  [/input|variable/, { icon: LogIn, hue: 235 }],
  [/conv/, { icon: Grid3x3, hue: 285 }],
  [/pool/, { icon: Minimize2, hue: 185 }],
  [/dense|connected|linalg|matrix/, { icon: Waypoints, hue: 260 }],
  [/activ/, { icon: Activity, hue: 35 }],
  [/norm|dropout/, { icon: AlignVerticalJustifyCenter, hue: 155 }],
  [/loss|output/, { icon: Target, hue: 5 }],
  [/shape|spatial|flatten/, { icon: Shapes, hue: 110 }],
  [/index|embed/, { icon: ListFilter, hue: 125 }],
  [/reduc|sort/, { icon: Sigma, hue: 60 }],
  [/random|creat/, { icon: Dices, hue: 325 }],
  [/recurrent|attention|sequence/, { icon: Repeat, hue: 305 }],
  [/broadcast|scalar/, { icon: Scaling, hue: 90 }],
  [/element|math/, { icon: Diff, hue: 75 }],
];

export function lookOf(category: string): Look {
  const found = looks.find(([words]) => words.test(category));
  return found?.[1] ?? { icon: Layers, hue: 210 };
}
