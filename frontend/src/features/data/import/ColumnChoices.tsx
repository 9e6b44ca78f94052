import { Select, Table, Text, TextInput } from "@mantine/core";
import { TriangleAlert } from "lucide-react";

import type { ColumnChoice, ColumnProfile, Recipe, TableSurvey } from "@/api/types";
import { type Message, msg, type Translate } from "@/i18n";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";
import { formatMetric } from "@/shared/format";

import classes from "../data.module.css";
import { type Kind, kindNames, remediesOf, remedyNames, setConstant, setKind, setRemedy } from "./recipe";

interface Props {
  survey: TableSurvey;
  recipe: Recipe;
  onChange: (recipe: Recipe) => void;
}

const kinds = Object.keys(kindNames) as Kind[];

/** What scrolls can be reached by the keyboard. */
const scrolls = { tabIndex: 0 };

/** Every column with what it was taken for; each guess can be corrected here. */
export function ColumnChoices({ survey, recipe, onChange }: Props) {
  const { t } = useTranslation();
  const choices = new Map(recipe.columns.map((column) => [column.name, column]));
  return (
    <Table.ScrollContainer type="native" {...scrolls} minWidth={760} maxHeight={520}>
      <Table verticalSpacing={5} fz="xs" stickyHeader aria-label={t("Columns of the file")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("Column")}</Table.Th>
            <Table.Th>{t("Is a")}</Table.Th>
            <Table.Th>{t("Values")}</Table.Th>
            <Table.Th>{t("Missing")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {survey.columns.map((profile) => {
            const choice = choices.get(profile.name);
            return choice === undefined ? null : (
              <ColumnRow key={profile.name} {...{ profile, choice, recipe, onChange }} profiles={survey.columns} />
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface RowProps {
  profile: ColumnProfile;
  profiles: readonly ColumnProfile[];
  choice: ColumnChoice;
  recipe: Recipe;
  onChange: (recipe: Recipe) => void;
}

function ColumnRow({ profile, profiles, choice, recipe, onChange }: RowProps) {
  const { t } = useTranslation();
  const { name } = profile;
  const doubt = doubtOf(profile, choice.kind);
  return (
    <Table.Tr data-kind={choice.kind} className={classes["choice"] ?? ""}>
      <Table.Td>
        <Text size="xs" fw={620}>
          {name}
        </Text>
      </Table.Td>
      <Table.Td>
        <Select
          size="xs"
          w={132}
          aria-label={t("What {{column}} is", { column: name })}
          allowDeselect={false}
          data={kinds.map((kind) => ({ value: kind, label: t(kindNames[kind]) }))}
          value={choice.kind}
          onChange={(kind) => (kind === null ? undefined : onChange(setKind(recipe, profiles, name, kind)))}
        />
      </Table.Td>
      <Table.Td>
        <div>{valuesOf(profile, t)}</div>
        {doubt === null ? null : (
          <Text size="xs" c="var(--nw-warn)" mt={2}>
            <TriangleAlert size={12} aria-hidden className={classes["mark"] ?? ""} /> {t(doubt)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Gaps {...{ profile, choice, recipe, onChange }} />
      </Table.Td>
    </Table.Tr>
  );
}

function Gaps({ profile, choice, recipe, onChange }: Omit<RowProps, "profiles">) {
  const { t } = useTranslation();
  const { name } = profile;
  const gaps = profile.missing + (choice.kind === "number" ? profile.odd_cells : 0);
  const remedies = remediesOf(choice.kind);
  const share = t("{{gaps}} of {{rows}}", { gaps: formatNumber(gaps), rows: formatNumber(profile.rows) });
  if (remedies.length === 0 || (gaps === 0 && choice.kind !== "number"))
    return <span className="nw-numbers">{gaps === 0 ? t("none") : share}</span>;
  return (
    <div className={classes["gaps"]}>
      <span className="nw-numbers">{gaps === 0 ? t("none") : share}</span>
      {gaps === 0 ? null : (
        <Select
          size="xs"
          w={200}
          aria-label={t("What is done about gaps in {{column}}", { column: name })}
          allowDeselect={false}
          data={remedies.map((remedy) => ({ value: remedy, label: t(remedyNames[remedy]) }))}
          value={choice.missing}
          onChange={(remedy) => (remedy === null ? undefined : onChange(setRemedy(recipe, name, remedy)))}
        />
      )}
      {gaps > 0 && choice.missing === "constant" ? (
        <TextInput
          size="xs"
          w={110}
          aria-label={t("What gaps in {{column}} are filled with", { column: name })}
          value={choice.constant ?? ""}
          onChange={(event) => onChange(setConstant(recipe, name, event.currentTarget.value))}
        />
      ) : null}
    </div>
  );
}

/** "0.1 … 6.9, mean 3.8", or some of the texts. */
function valuesOf(profile: ColumnProfile, t: Translate): string {
  const { low, high, mean, distinct, examples } = profile;
  const different =
    distinct === null ? t("very many different") : t("{{count}} different", { count: distinct });
  if (low !== null && high !== null && mean !== null)
    return t("{{low}} … {{high}}, mean {{mean}}, {{different}}", {
      low: formatMetric(low),
      high: formatMetric(high),
      mean: formatMetric(mean),
      different,
    });
  const shown = examples.slice(0, 3).map((text) => (text.length > 28 ? `${text.slice(0, 27)}…` : text));
  return t("{{examples}}; {{different}}", { examples: shown.join(", "), different });
}

const doubts: Partial<Record<ColumnProfile["because"], Message>> = {
  empty: msg("Holds nothing."),
  constant: msg("Is the same in every row: nothing can be learnt from it."),
  every_row_differs: msg("Nearly every row has another text, as names and identifiers have."),
  counts_rows: msg("Counts the rows: an identifier that tells nothing of a new row."),
};

function doubtOf(profile: ColumnProfile, kind: Kind): Message | null {
  if (kind !== "target" && doubts[profile.because]) return doubts[profile.because] ?? null;
  return profile.odd_cells > 0 && kind === "number" ? msg("Some cells are no numbers; they count as missing.") : null;
}
