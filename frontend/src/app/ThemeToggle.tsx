import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { Moon, Sun, SunMoon, type LucideIcon } from "lucide-react";

import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

const order: MantineColorScheme[] = ["auto", "light", "dark"];
const icons: Record<MantineColorScheme, LucideIcon> = { auto: SunMoon, light: Sun, dark: Moon };
const names: Record<MantineColorScheme, Message> = { auto: msg("as the system"), light: msg("light"), dark: msg("dark") };

/** One button that walks auto → light → dark. */
export function ThemeToggle() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = icons[colorScheme];
  const next = order[(order.indexOf(colorScheme) + 1) % order.length] ?? "auto";
  const label = t("Colours: {{now}}. Switch to {{next}}", { now: t(names[colorScheme]), next: t(names[next]) });
  return (
    <Tooltip label={label} position="right">
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={() => setColorScheme(next)}>
        <Icon size={19} strokeWidth={1.8} />
      </ActionIcon>
    </Tooltip>
  );
}
