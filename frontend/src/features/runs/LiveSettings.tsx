import { Button, Group, NumberInput, Popover, Stack, Text } from "@mantine/core";
import { SlidersHorizontal } from "lucide-react";
import { type SyntheticEvent, useState } from "react";

import { ApiError } from "@/api/client";
import type { LiveChange } from "@/api/runs";
import type { Run, RunState } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import { currentSettings, type LiveName, liveNames, liveOrder, liveProblem } from "./live";
import { useChangeRun } from "./queries";

interface Props {
  run: Run;
  state: RunState;
}

/** Learning rate, weight decay and batch size of a run that trains: changed between two of its steps. */
export function LiveSettings({ run, state }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  if (state !== "running" && state !== "paused") return null;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={290} withArrow trapFocus returnFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<SlidersHorizontal size={15} aria-hidden />}
          onClick={() => setOpen((was) => !was)}
        >
          {t("Change settings")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <LiveForm run={run} onDone={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function LiveForm({ run, onDone }: { run: Run; onDone: () => void }) {
  const { t } = useTranslation();
  const change = useChangeRun(run);
  // As they were when the form was opened: a schedule that moves on must not write over what is typed.
  const [before] = useState(() => currentSettings(run));
  const [values, setValues] = useState<Record<LiveName, number | string>>(before);
  const problems = liveOrder.map((name) => liveProblem(name, values[name]));
  const asked: LiveChange = {};
  for (const name of liveOrder) if (values[name] !== before[name]) asked[name] = Number(values[name]);
  const ready = Object.keys(asked).length > 0 && problems.every((problem) => problem === null);
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (ready && !change.isPending) change.mutate(asked, { onSuccess: onDone });
  };
  return (
    <form onSubmit={send} aria-label={t("Change settings")}>
      <Stack gap="xs">
        {liveOrder.map((name, place) => (
          <NumberInput
            key={name}
            size="xs"
            label={t(liveNames[name])}
            value={values[name]}
            min={name === "batch_size" ? 1 : 0}
            step={name === "batch_size" ? 1 : Number(values[name]) / 10 || 0.001}
            allowDecimal={name !== "batch_size"}
            allowNegative={false}
            decimalScale={12}
            clampBehavior="none"
            error={problems[place] ? t(problems[place]) : null}
            data-autofocus={place === 0 ? true : undefined}
            onChange={(value) => setValues((old) => ({ ...old, [name]: value }))}
          />
        ))}
        {run.settings.scheduler ? (
          <Text size="xs" c="dimmed">
            {t("The schedule goes on in its form, in proportion to the new rate.")}
          </Text>
        ) : null}
        {change.error ? (
          <Text size="xs" c="var(--nw-danger)" role="alert">
            {change.error instanceof ApiError ? change.error.body.message : change.error.message}
          </Text>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button size="xs" variant="default" onClick={onDone}>
            {t("Cancel")}
          </Button>
          <Button size="xs" type="submit" disabled={!ready} loading={change.isPending}>
            {t("Change")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
