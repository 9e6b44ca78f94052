import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { Moon, Sun, SunMoon, type LucideIcon } from "lucide-react";

const order: MantineColorScheme[] = ["auto", "light", "dark"];
const icons: Record<MantineColorScheme, LucideIcon> = { auto: SunMoon, light: Sun, dark: Moon };
const names: Record<MantineColorScheme, string> = { auto: "as the system", light: "light", dark: "dark" };

/** One button that walks auto → light → dark. */
export function ThemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = icons[colorScheme];
  const next = order[(order.indexOf(colorScheme) + 1) % order.length] ?? "auto";
  const label = `Colours: ${names[colorScheme]}. Switch to ${names[next]}`;
  return (
    <Tooltip label={label} position="right">
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={() => setColorScheme(next)}>
        <Icon size={19} strokeWidth={1.8} />
      </ActionIcon>
    </Tooltip>
  );
}
