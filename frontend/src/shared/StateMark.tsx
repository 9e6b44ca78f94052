import { Badge } from "@mantine/core";
import type { LucideIcon } from "lucide-react";

import classes from "./StateMark.module.css";

/** How a state looks. */
export interface StateLook {
  icon: LucideIcon;
  color: string;
  spins?: boolean;
}

/** A state as colour, picture and word, so that no one of them carries it alone. */
export function StateMark({ look, text, state }: { look: StateLook; text: string; state: string }) {
  const { icon: Icon, color, spins = false } = look;
  return (
    <Badge
      color={color}
      variant="light"
      // The word in the text's own colour can be read on every ground; the picture keeps the state's.
      c="var(--nw-text)"
      styles={{ section: { color: `var(--mantine-color-${color}-text)` } }}
      radius="sm"
      tt="none"
      fw={600}
      data-state={state}
      leftSection={<Icon size={13} className={spins ? classes["spin"] : undefined} aria-hidden />}
    >
      {text}
    </Badge>
  );
}
