import { Alert, Button, Drawer, Group, Loader, Tabs, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { CodeXml, Download } from "lucide-react";

import { exportOnnx, writeCode } from "@/api/graphs";
import type { Code } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { CodeBox } from "@/shared/CodeBox";
import { EmptyState } from "@/shared/EmptyState";
import { ProblemText } from "@/shared/ProblemText";
import { saveBlob } from "@/shared/saveBlob";

import { downloadText } from "../actions/download";
import { useErrorCount, useSessionState } from "../session/context";
import { useUi, useUiState } from "../ui";
import classes from "./CodeDrawer.module.css";
import { highlight } from "./highlight";

const LANGUAGE = "Python"; // their names in every language
const STANDARD = "ONNX";

/** The network and its training as a program that can be run, a notebook, and a command. */
export function CodeDrawer() {
  const { t } = useTranslation();
  const ui = useUi();
  const opened = useUiState((state) => state.code);
  return (
    <Drawer
      opened={opened}
      onClose={() => ui.setState({ code: false })}
      position="right"
      size="xl"
      title={<Text fw={640}>{t("The network as code")}</Text>}
    >
      <Written />
    </Drawer>
  );
}

/** Only drawn while the drawer is open: closed, it hears of no edit. */
function Written() {
  const { t } = useTranslation();
  const ui = useUi();
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const settings = useSessionState((state) => state.settings);
  const faults = useErrorCount();
  const code = useQuery({
    queryKey: ["code", graph.name, graph.nodes, graph.outputs, graph.groups, dataset, settings],
    queryFn: ({ signal }) => writeCode({ graph, dataset: dataset ?? "", settings }, signal),
    enabled: faults === 0 && dataset !== null,
  });
  if (dataset === null)
    return <EmptyState icon={CodeXml} title={t("There is no code yet")} text={t("Choose a data set first: a program trains on one.")} />;
  if (faults > 0)
    return (
      <EmptyState
        icon={CodeXml}
        title={t("There is no code yet")}
        text={t("The network has {{count}} problems: only what fits can be written as a program.", { count: faults })}
      >
        <Button variant="light" onClick={() => ui.setState({ code: false, problems: true })}>
          {t("Show the problems")}
        </Button>
      </EmptyState>
    );
  if (code.isError) return <ProblemText error={code.error} title={t("There is no code")} onRetry={() => void code.refetch()} />;
  return code.data ? <Forms code={code.data} /> : <Loader type="dots" role="status" aria-label={t("Writing the code")} />;
}

function Forms({ code }: { code: Code }) {
  const { t } = useTranslation();
  return (
    <Tabs defaultValue="python" keepMounted={false}>
      <Tabs.List mb="sm">
        <Tabs.Tab value="python">{LANGUAGE}</Tabs.Tab>
        <Tabs.Tab value="notebook">{t("Notebook")}</Tabs.Tab>
        <Tabs.Tab value="command">{t("Command line")}</Tabs.Tab>
        <Tabs.Tab value="onnx">{STANDARD}</Tabs.Tab>
      </Tabs.List>
      {code.remarks.map((note) => (
        <Alert key={note} color="gray" p="xs" mb="xs">
          {note}
        </Alert>
      ))}
      <Text size="xs" c="dimmed" mb="xs">
        {t("With the same seed it begins with the same weights and takes the same steps as a run here.")}
      </Text>
      <Tabs.Panel value="python">
        <Save name={`${code.stem}.py`} text={code.python} type="text/x-python" />
        <Program text={code.python} label={t("Python program")} />
      </Tabs.Panel>
      <Tabs.Panel value="notebook">
        <Save name={`${code.stem}.ipynb`} text={code.notebook} type="application/x-ipynb+json" />
        <Program text={cellsOf(code.notebook)} label={t("Cells of the notebook")} />
      </Tabs.Panel>
      <Tabs.Panel value="command">
        <Text size="sm" mb="xs">
          {t("Save the file, then type beside it:")}
        </Text>
        <Program text={code.command} label={t("Command")} />
        <Text size="sm" mt="md" mb="xs">
          {t("The file holds the graph, the data set and the settings:")}
        </Text>
        <Save name={`${code.stem}.json`} text={code.spec} type="application/json" />
        <Program text={code.spec} label={t("File of the training")} />
      </Tabs.Panel>
      <Tabs.Panel value="onnx">
        <OnnxFile stem={code.stem} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** The network for other programs, untrained; what was trained is saved from its model's page. */
function OnnxFile({ stem }: { stem: string }) {
  const { t } = useTranslation();
  const graph = useSessionState((state) => state.graph);
  const dataset = useSessionState((state) => state.dataset);
  const { initializer, seed } = useSessionState((state) => state.settings);
  const name = `${stem}.onnx`;
  const save = useMutation({
    mutationFn: () => exportOnnx({ graph, dataset, initializer, seed }),
    onSuccess: (content) => saveBlob(name, content),
  });
  return (
    <>
      <Text size="sm" mb="xs">
        {t("The network as an ONNX model, with the weights its training would begin with and any size of batch.")}
      </Text>
      <Button
        size="compact-sm"
        variant="light"
        leftSection={<Download size={14} />}
        loading={save.isPending}
        onClick={() => save.mutate()}
      >
        {t("Save {{name}}", { name })}
      </Button>
      {save.isError ? <ProblemText error={save.error} title={t("The network was not exported")} /> : null}
      <Text size="xs" c="dimmed" mt="md">
        {t("Trained weights come with the model: its page saves it as ONNX and as safetensors.")}
      </Text>
    </>
  );
}

interface NotebookText {
  cells: { cell_type: string; source: string[] }[];
}

/** A notebook as it reads, without the JSON around it. */
function cellsOf(notebook: string): string {
  const { cells } = JSON.parse(notebook) as NotebookText;
  const read = cells.map(({ cell_type, source }) => {
    const text = source.join("");
    return cell_type === "code" ? text : text.replaceAll(/^/gm, "# ");
  });
  return read.join("\n\n");
}

function Save({ name, text, type }: { name: string; text: string; type: string }) {
  const { t } = useTranslation();
  return (
    <Group mb="xs">
      <Button size="compact-sm" variant="light" leftSection={<Download size={14} />} onClick={() => downloadText(name, text, type)}>
        {t("Save {{name}}", { name })}
      </Button>
    </Group>
  );
}

function Program({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes["colours"]}>
      <CodeBox text={text} label={label} maxHeight="calc(100dvh - 210px)">
        {highlight(text).map(({ kind, text: piece }, at) =>
          kind === null ? (
            piece
          ) : (
            <span key={at} data-kind={kind}>
              {piece}
            </span>
          ),
        )}
      </CodeBox>
    </div>
  );
}
