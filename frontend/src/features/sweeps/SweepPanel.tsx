import { Button, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue, useLocalStorage } from "@mantine/hooks";
import { FlaskConical, Play } from "lucide-react";
import { useMemo } from "react";
import { useLocation } from "wouter";

import type { SweepSpec } from "@/api/sweeps";
import type { Graph, Knob, TrainSettings } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { EmptyState } from "@/shared/EmptyState";
import { ProblemText } from "@/shared/ProblemText";

import { AddParameter } from "./form/AddParameter";
import { companionsFor, draftOf, methodOf, type RangeDraft, readRange, usualMethod } from "./form/draft";
import { type Choices, MethodFields } from "./form/MethodFields";
import { PreviewCard } from "./form/PreviewCard";
import { RangeRow } from "./form/RangeRow";
import { useKnobs, usePreview, useStartSweep, useSweeps } from "./queries";
import { SweepList } from "./SweepList";
import classes from "./sweeps.module.css";

interface Props {
  projectId: string;
  graph: Graph;
  dataset: string | null;
  settings: TrainSettings;
  /** How many errors the network has: with any nothing can be trained. */
  faults: number;
  /** Resolves when everything drawn and chosen is saved. */
  saveNow: () => Promise<void>;
}

interface Draft extends Choices {
  name: string;
  ranges: RangeDraft[];
}

const EMPTY: Draft = { name: "", ranges: [], method: usualMethod, metric: null, seed: 0, concurrency: null };
const PAUSE_MS = 350;

/** Left what is varied and how, right what that would be, and the sweeps there are. */
export default function SweepPanel({ projectId, graph, dataset, settings, faults, saveNow }: Props) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useLocalStorage<Draft>({ key: `netwright.sweep.${projectId}`, defaultValue: EMPTY, getInitialValueInEffect: false });
  const set = (change: Partial<Draft>): void => setDraft((old) => ({ ...old, ...change }));
  const knobs = useKnobs({ graph, dataset, settings });
  const known = useMemo(() => new Map(knobs.data?.knobs.map((knob) => [knob.path, knob])), [knobs.data]);
  const sound = dataset !== null && faults === 0;
  const spec = useMemo(() => specOf(draft, projectId, settings, known, sound), [draft, projectId, settings, known, sound]);
  const [settled] = useDebouncedValue(spec, PAUSE_MS);
  const preview = usePreview(settled, graph);
  const start = useStartSweep(saveNow);
  const why = dataset === null ? t("Choose a data set first.") : faults > 0 ? t("The network has problems.") : null;
  const ready = spec !== null && why === null && preview.data !== undefined && !preview.error;

  return (
    <div className={classes["panel"]}>
      <aside className={classes["form"]} aria-label={t("What is varied")}>
        <div className={classes["scroll"]}>
          <TextInput size="xs" label={t("Name")} placeholder={t("Sweep")} maxLength={120} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
          {knobs.error ? <ProblemText error={knobs.error} onRetry={() => void knobs.refetch()} /> : null}
          <Ranges draft={draft} known={known} onChange={(ranges) => set({ ranges })} />
          <MethodFields choices={draft} metrics={knobs.data?.metrics ?? []} most={knobs.data?.concurrency ?? 1} onChange={set} />
        </div>
        <div className={classes["start"]}>
          {start.error ? <ProblemText error={start.error} title={t("The sweep did not start")} /> : null}
          {why === null ? null : (
            <Text size="xs" c="dimmed">
              {why}
            </Text>
          )}
          <Button
            size="md"
            fullWidth
            leftSection={<Play size={17} aria-hidden />}
            disabled={!ready}
            loading={start.isPending}
            onClick={() => {
              if (spec) start.mutate(spec, { onSuccess: (sweep) => navigate(`/sweeps/${sweep.id}`) });
            }}
          >
            {t("Start the sweep")}
          </Button>
        </div>
      </aside>
      <section className={classes["side"]} aria-label={t("Sweeps")}>
        {draft.ranges.length === 0 ? (
          <EmptyState
            icon={FlaskConical}
            title={t("Train it many ways")}
            text={t("Choose parameters to vary, of the training or of any node: the best of all combinations is found for you.")}
          />
        ) : (
          <PreviewCard preview={preview.data} error={spec === null ? null : preview.error} busy={preview.isFetching} />
        )}
        <ProjectSweeps projectId={projectId} />
      </section>
    </div>
  );
}

function Ranges({ draft, known, onChange }: { draft: Draft; known: ReadonlyMap<string, Knob>; onChange: (ranges: RangeDraft[]) => void }) {
  const knobs = useMemo(() => [...known.values()], [known]);
  const taken = new Set(draft.ranges.flatMap(({ path, also = [] }) => [path, ...also]));
  return (
    <Stack gap="sm">
      <AddParameter knobs={knobs} taken={taken} onAdd={(knob) => onChange([...draft.ranges, draftOf(knob.proposal)])} />
      {draft.ranges.map((range) => {
        const knob = known.get(range.path);
        return knob ? (
          <RangeRow
            key={range.path}
            draft={range}
            knob={knob}
            companions={companionsOf(range, known)}
            others={companionsFor(knob, knobs).filter(({ path }) => !taken.has(path))}
            grid={draft.method.kind === "grid"}
            onChange={(next) => onChange(draft.ranges.map((one) => (one.path === range.path ? next : one)))}
            onRemove={() => onChange(draft.ranges.filter((one) => one.path !== range.path))}
          />
        ) : null;
      })}
    </Stack>
  );
}

/** Those of a range's companions that are still there. */
const companionsOf = ({ also = [] }: RangeDraft, known: ReadonlyMap<string, Knob>): Knob[] => also.flatMap((path) => known.get(path) ?? []);

/** The sweep that the form means; null while something is missing or wrong. Places that are gone are left out. */
function specOf(draft: Draft, project: string, settings: TrainSettings, known: ReadonlyMap<string, Knob>, sound: boolean): SweepSpec | null {
  const parameters = [];
  for (const range of draft.ranges) {
    const knob = known.get(range.path);
    if (!knob) continue;
    const reading = readRange(range, knob, companionsOf(range, known));
    if (reading.range === null) return null;
    parameters.push(reading.range);
  }
  if (parameters.length === 0 || !sound) return null;
  return {
    project,
    settings,
    parameters,
    method: methodOf(draft.method),
    seed: draft.seed,
    ...(draft.name.trim() === "" ? {} : { name: draft.name.trim() }),
    ...(draft.metric === null ? {} : { metric: draft.metric }),
    ...(draft.concurrency === null ? {} : { concurrency: draft.concurrency }),
  };
}

function ProjectSweeps({ projectId }: { projectId: string }) {
  const { t } = useTranslation();
  const sweeps = useSweeps(projectId);
  if (!sweeps.data || sweeps.data.length === 0) return null;
  return (
    <div>
      <Title order={2} size="h4" mb="xs">
        {t("Sweeps of this project")}
      </Title>
      <SweepList sweeps={sweeps.data} />
    </div>
  );
}
