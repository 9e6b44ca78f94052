import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";

import { useTranslation } from "@/i18n/react";

import { findAction } from "../actions/registry";
import { writeShortcut } from "../actions/shortcut";
import { usePerform } from "../actions/useActions";
import { useSessionState } from "../session/context";

/** Actions as buttons with words. */
export function ActionButtons({ ids }: { ids: string[] }) {
  return (
    <Group gap={6}>
      {ids.map((id) => (
        <ActionButton key={id} id={id} />
      ))}
    </Group>
  );
}

function useAction(id: string) {
  const action = findAction(id);
  const perform = usePerform();
  const enabled = useSessionState(action.enabled);
  return { action, enabled, run: () => perform(action) };
}

function ActionButton({ id }: { id: string }) {
  const { t } = useTranslation();
  const { action, enabled, run } = useAction(id);
  const Icon = action.icon;
  return (
    <Button size="compact-xs" variant="default" disabled={!enabled} onClick={run} leftSection={<Icon size={12} />}>
      {t(action.label)}
    </Button>
  );
}

/** An action as an icon, its name and key in the tooltip. */
export function ActionIconButton({ id }: { id: string }) {
  const { t } = useTranslation();
  const { action, enabled, run } = useAction(id);
  const Icon = action.icon;
  const [key] = action.shortcuts;
  const label = useSessionState((state) => action.hint?.(state) ?? t(action.label));
  const hint = key === undefined ? label : `${label} (${writeShortcut(key)})`;
  return (
    <Tooltip label={hint}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t(action.label)}
        // Not `disabled`: that would take the tooltip and the place in the tab order away.
        {...(enabled ? {} : { "data-disabled": true })}
        aria-disabled={!enabled}
        onClick={run}
      >
        <Icon size={16} strokeWidth={1.9} />
      </ActionIcon>
    </Tooltip>
  );
}
