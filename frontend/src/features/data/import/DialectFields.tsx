import { Button, Select, Switch } from "@mantine/core";
import { useState } from "react";

import type { Dialect } from "@/api/types";
import { useTranslation } from "@/i18n/react";

const usual: Dialect = { delimiter: ",", encoding: "utf-8", header: true, decimal: "." };
const encodings: Record<Dialect["encoding"], string> = {
  "utf-8": "UTF-8",
  "utf-16": "UTF-16",
  "windows-1252": "Windows-1252 (Latin)",
  gb18030: "GB18030 / GBK",
  big5: "Big5",
  shift_jis: "Shift JIS",
  euc_kr: "EUC-KR",
};

interface Props {
  dialect?: Dialect;
  onRead: (dialect: Dialect) => void;
  busy: boolean;
}

/** How a text file writes a table; reading it anew is a step of its own, for it goes through the whole file. */
export function DialectFields({ dialect = usual, onRead, busy }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(dialect);
  const set = (change: Partial<Dialect>): void => setDraft({ ...draft, ...change });
  const same = JSON.stringify(draft) === JSON.stringify(dialect);
  return (
    <>
      <Select
        size="xs"
        w={150}
        label={t("Cells are parted by")}
        allowDeselect={false}
        data={[
          { value: ",", label: t("Comma") },
          { value: ";", label: t("Semicolon") },
          { value: "\t", label: t("Tab") },
          { value: "|", label: t("Bar |") },
        ]}
        value={draft.delimiter}
        onChange={(value) => set({ delimiter: (value ?? ",") })}
      />
      <Select
        size="xs"
        w={190}
        label={t("Encoding")}
        allowDeselect={false}
        data={Object.entries(encodings).map(([value, label]) => ({ value, label }))}
        value={draft.encoding}
        onChange={(value) => set({ encoding: (value ?? "utf-8") as Dialect["encoding"] })}
      />
      <Select
        size="xs"
        w={130}
        label={t("Decimal sign")}
        allowDeselect={false}
        data={[
          { value: ".", label: t("Point") },
          { value: ",", label: t("Comma") },
        ]}
        value={draft.decimal}
        onChange={(value) => set({ decimal: (value ?? ".") })}
      />
      <Switch
        size="sm"
        mb={6}
        label={t("The first row names the columns")}
        checked={draft.header}
        onChange={(event) => set({ header: event.currentTarget.checked })}
      />
      <Button size="xs" variant="default" onClick={() => onRead(draft)} disabled={same && dialect !== usual} loading={busy}>
        {t("Read again so")}
      </Button>
    </>
  );
}
