import {
  Activity,
  AlignVerticalJustifyCenter,
  Blend,
  Dices,
  Grid3x3,
  Layers,
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
  [/input|variable/, { icon: LogIn, hue: 210 }],
  [/conv/, { icon: Grid3x3, hue: 255 }],
  [/pool/, { icon: Minimize2, hue: 190 }],
  [/dense|linear|linalg|matrix/, { icon: Waypoints, hue: 230 }],
  [/activ/, { icon: Activity, hue: 30 }],
  [/norm/, { icon: AlignVerticalJustifyCenter, hue: 160 }],
  [/loss|output/, { icon: Target, hue: 350 }],
  [/regular|dropout/, { icon: Blend, hue: 280 }],
  [/shape|index|manip/, { icon: Shapes, hue: 100 }],
  [/reduc/, { icon: Sigma, hue: 60 }],
  [/random/, { icon: Dices, hue: 310 }],
  [/recurrent|attention|sequence/, { icon: Repeat, hue: 270 }],
  [/broadcast|scalar/, { icon: Scaling, hue: 130 }],
];

export function lookOf(category: string): Look {
  const found = looks.find(([words]) => words.test(category));
  return found?.[1] ?? { icon: Layers, hue: 200 };
}
