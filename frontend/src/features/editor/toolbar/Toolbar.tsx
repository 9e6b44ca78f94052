import { ActionIcon, Divider, Menu, Text, UnstyledButton } from "@mantine/core";
import { Ellipsis } from "lucide-react";
import { Fragment } from "react";

import { type Action, type ActionGroup, actions, findAction, groupNames } from "../actions/registry";
import { writeShortcut } from "../actions/shortcut";
import { usePerform } from "../actions/useActions";
import { useErrorCount, useSession, useSessionState } from "../session/context";
import { useTranslation } from "@/i18n/react";
import { formatBytes, formatCount, formatFlops } from "@/shared/format";
import { ActionIconButton } from "./ActionButtons";
import classes from "./Toolbar.module.css";

const always = [["undo", "redo"], ["duplicate", "delete"], ["arrange", "fit", "zoom-out", "zoom-in"], ["plan", "code"]];

/** The strip above the canvas: the frequent actions, what the network comes to, and everything else in a menu. */
export function Toolbar() {
  const { t } = useTranslation();
  return (
    <div className={classes["toolbar"]} role="toolbar" aria-label={t("Editor")}>
      <ActionIconButton id="palette" />
      <ActionIconButton id="outline" />
      <Divider orientation="vertical" />
      <div className={classes["frequent"]}>
        {always.map((group, at) => (
          <Fragment key={at}>
            {at > 0 ? <Divider orientation="vertical" /> : null}
            {group.map((id) => (
              <ActionIconButton key={id} id={id} />
            ))}
          </Fragment>
        ))}
      </div>
      <AllActions />
      <div className={classes["space"]} />
      <Totals />
      <ProblemCount />
      <Divider orientation="vertical" />
      <ActionIconButton id="inspector" />
    </div>
  );
}

function AllActions() {
  const { t } = useTranslation();
  const session = useSession();
  const perform = usePerform();
  const groups = Object.keys(groupNames) as ActionGroup[];
  const item = (action: Action) => (
    <Menu.Item
      key={action.id}
      leftSection={<action.icon size={14} />}
      rightSection={
        <Text size="xs" c="dimmed">
          {action.shortcuts[0] === undefined ? "" : writeShortcut(action.shortcuts[0])}
        </Text>
      }
      disabled={!action.enabled(session.store.getState())}
      onClick={() => perform(action)}
    >
      {t(action.label)}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-start" width={250} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("All actions")}>
          <Ellipsis size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah="70vh" style={{ overflowY: "auto" }}>
        {groups.map((group) => (
          <Fragment key={group}>
            <Menu.Label>{t(groupNames[group])}</Menu.Label>
            {actions.filter((action) => action.group === group).map(item)}
          </Fragment>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Totals() {
  const { t } = useTranslation();
  const totals = useSessionState((state) => state.report?.totals);
  if (!totals || totals.parameters === 0) return null;
  return (
    <span className={classes["totals"]}>
      <b>{formatCount(totals.parameters)}</b> {t("parameters")}
      <i>·</i>
      <b>{formatFlops(totals.flops)}</b>
      <i>·</i>
      <b>{formatBytes(totals.activation_bytes)}</b> {t("activations")}
    </span>
  );
}

/** How the network stands, always in sight; opens the list. */
function ProblemCount() {
  const { t } = useTranslation();
  const perform = usePerform();
  const report = useSessionState((state) => state.report);
  const check = useSessionState((state) => state.check);
  const errors = useErrorCount();
  const warnings = (report?.problems.length ?? 0) - errors;
  const [text, tone] =
    check === "failed"
      ? [t("Not checked"), "warning"]
      : !report
        ? [t("Checking…"), "none"]
        : errors > 0
          ? [t("{{count}} errors", { count: errors }), "error"]
          : warnings > 0
            ? [t("{{count}} warnings", { count: warnings }), "warning"]
            : [t("No problems"), "good"];
  return (
    <UnstyledButton className={classes["problems"]} data-tone={tone} onClick={() => perform(findAction("problems"))}>
      <span className={classes["dot"]} />
      <span aria-live="polite">{text}</span>
    </UnstyledButton>
  );
}
