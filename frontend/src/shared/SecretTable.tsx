import { Table, Text } from "@mantine/core";
import type { ReactNode } from "react";

import { useTranslation } from "@/i18n/react";

import { EndingText } from "./EndingText";
import { formatAge } from "./format";

/** What a key and a share link have in common: nobody sees the secret again, only how it begins. */
interface Secret {
  id: string;
  hint: string;
  created_at: string;
  used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  active: boolean;
}

interface Props<T extends Secret> {
  label: string;
  items: readonly T[];
  /** What there is to say of one before that. */
  columns: readonly { title: string; cell: (item: T) => ReactNode }[];
  /** What its last use is called. */
  used: string;
  action: (item: T) => ReactNode;
}

/** Secrets that were handed out: how each begins, when it was made and used, and until when it lasts. */
export function SecretTable<T extends Secret>({ label, items, columns, used, action }: Props<T>) {
  const { t } = useTranslation();
  return (
    <Table aria-label={label} verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          {columns.map(({ title }) => (
            <Table.Th key={title}>{title}</Table.Th>
          ))}
          <Table.Th>{t("Begins")}</Table.Th>
          <Table.Th>{t("Made")}</Table.Th>
          <Table.Th>{used}</Table.Th>
          <Table.Th>{t("Lasts")}</Table.Th>
          <Table.Th>
            <span className="nw-hidden">{t("Actions")}</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((item) => (
          <Table.Tr key={item.id}>
            {columns.map(({ title, cell }) => (
              <Table.Td key={title}>{cell(item)}</Table.Td>
            ))}
            <Table.Td>
              <code>{item.hint}…</code>
            </Table.Td>
            <Table.Td>
              <Text size="xs">{formatAge(item.created_at)}</Text>
            </Table.Td>
            <Table.Td>
              <Text size="xs">{item.used_at === null ? t("never") : formatAge(item.used_at)}</Text>
            </Table.Td>
            <Table.Td>
              <EndingText {...item} />
            </Table.Td>
            <Table.Td ta="right">{action(item)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
