import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  icon: LucideIcon;
  title: string;
  text?: string;
  /** 1 where it is all of the page. */
  level?: 1 | 2;
  /** What one can do about it: usually a button. */
  children?: ReactNode;
}

/** What a page says when it has nothing to show. */
export function EmptyState({ icon: Icon, title, text, level = 2, children }: Props) {
  return (
    <Stack align="center" gap="sm" py={64} px="md" ta="center">
      <ThemeIcon size={56} radius="xl" variant="light">
        <Icon size={26} strokeWidth={1.6} aria-hidden />
      </ThemeIcon>
      <Title order={level} size="h2">{title}</Title>
      {text === undefined ? null : (
        <Text c="dimmed" maw={440}>
          {text}
        </Text>
      )}
      {children}
    </Stack>
  );
}
