import { Button, Group, Modal, SegmentedControl, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { ChartSpline, Search } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import type { Run } from "@/api/types";
import { EmptyState } from "@/shared/EmptyState";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { runTitle } from "@/shared/runTitle";

import { useDeleteRun, useRuns } from "./queries";
import { RunsTable } from "./RunsTable";
import { filterRuns, type SortKey, sortRuns, type Sorting, type StateFilter } from "./table";

const filters: { value: StateFilter; label: string }[] = [
  { value: "all", label: "All" },
  { value: "active", label: "At work" },
  { value: "completed", label: "Completed" },
  { value: "other", label: "Ended early" },
];

export default function RunsPage() {
  const { data, error, refetch } = useRuns();
  return (
    <div className="nw-page">
      <PageHeader title="Runs" subtitle="Every training, live and past." />
      {error && !data ? <ProblemText error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <RunsWaiting /> : null}
      {data ? data.items.length === 0 ? <NoRuns /> : <RunsBody runs={data.items} /> : null}
    </div>
  );
}

function RunsBody({ runs }: { runs: readonly Run[] }) {
  const [text, setText] = useState("");
  const [filter, setFilter] = useState<StateFilter>("all");
  const [sorting, setSorting] = useState<Sorting>({ key: "number", descending: true });
  const [doomed, setDoomed] = useState<Run | null>(null);
  const shown = sortRuns(filterRuns(runs, text, filter), sorting);
  const sort = (key: SortKey): void =>
    setSorting((old) => ({ key, descending: old.key === key ? !old.descending : key === "number" || key === "best" }));
  return (
    <>
      <Group mb="sm" gap="sm">
        <TextInput
          aria-label="Find runs"
          placeholder="Name, data set, optimizer …"
          leftSection={<Search size={15} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          aria-label="Which runs"
          data={filters}
          value={filter}
          onChange={(value) => setFilter(value)}
        />
      </Group>
      <div className="nw-card">
        {shown.length === 0 ? (
          <Text c="dimmed" ta="center" py="xl">
            No run fits these words.
          </Text>
        ) : (
          <RunsTable runs={shown} sorting={sorting} onSort={sort} onDelete={setDoomed} />
        )}
      </div>
      <DeleteDialog run={doomed} onClose={() => setDoomed(null)} />
    </>
  );
}

function DeleteDialog({ run, onClose }: { run: Run | null; onClose: () => void }) {
  const remove = useDeleteRun();
  return (
    <Modal opened={run !== null} onClose={onClose} title="Delete this run?">
      <Text size="sm">
        Curves, log and checkpoints of {run ? runTitle(run) : "it"} go for good. A model it made stays.
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() => {
            if (run) remove.mutate(run.id, { onSettled: onClose });
          }}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}

function NoRuns() {
  return (
    <EmptyState icon={ChartSpline} title="No run yet" text="Open a project, choose a data set and press Train.">
      <Button component={Link} href="/">
        To the projects
      </Button>
    </EmptyState>
  );
}

function RunsWaiting() {
  return (
    <Stack aria-busy aria-label="Loading the runs">
      {[0, 1, 2, 3].map((row) => (
        <Skeleton key={row} height={52} />
      ))}
    </Stack>
  );
}
