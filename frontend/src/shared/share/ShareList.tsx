import { Anchor, Badge, Button, Table, Text } from "@mantine/core";
import { Link } from "wouter";

import type { Share } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { EndingText } from "../EndingText";
import { formatAge } from "../format";
import { useRevokeShare } from "./queries";

const kinds: Record<Share["kind"], Message> = { run: msg("Run"), model: msg("Model"), project: msg("Project") };

/** Links with what they show and when they were last looked at; each can be ended. */
export function ShareList({ shares, named = false }: { shares: readonly Share[]; named?: boolean }) {
  const { t } = useTranslation();
  const revoke = useRevokeShare();
  return (
    <Table aria-label={t("Share links")} verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          {named ? <Table.Th>{t("Shows")}</Table.Th> : null}
          <Table.Th>{t("Begins")}</Table.Th>
          <Table.Th>{t("Made")}</Table.Th>
          <Table.Th>{t("Last opened")}</Table.Th>
          <Table.Th>{t("Lasts")}</Table.Th>
          <Table.Th>
            <span className="nw-hidden">{t("Actions")}</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {shares.map((share) => (
          <Table.Tr key={share.id}>
            {named ? (
              <Table.Td>
                <Badge size="xs" variant="light" color="gray" tt="none" mr={6}>
                  {t(kinds[share.kind])}
                </Badge>
                <Anchor component={Link} size="sm" href={hrefOf(share)}>
                  {share.title}
                  {share.version === null ? "" : ` ${share.version}`}
                </Anchor>
              </Table.Td>
            ) : null}
            <Table.Td>
              <code>{share.hint}…</code>
            </Table.Td>
            <Table.Td>
              <Text size="xs">{formatAge(share.created_at)}</Text>
            </Table.Td>
            <Table.Td>
              <Text size="xs">{share.used_at === null ? t("never") : formatAge(share.used_at)}</Text>
            </Table.Td>
            <Table.Td>
              <EndingText {...share} />
            </Table.Td>
            <Table.Td ta="right">
              <Button size="compact-xs" variant="default" loading={revoke.isPending && revoke.variables === share.id} onClick={() => revoke.mutate(share.id)}>
                {share.active ? t("Revoke") : t("Remove")}
              </Button>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function hrefOf({ kind, target }: Share): string {
  if (kind === "run") return `/runs/${target}`;
  return kind === "model" ? `/models/${encodeURIComponent(target)}` : `/projects/${target}`;
}
