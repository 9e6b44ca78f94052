import { Anchor, Badge, Button } from "@mantine/core";
import { Link } from "wouter";

import type { Share } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { SecretTable } from "../SecretTable";
import { useRevokeShare } from "./queries";

const kinds: Record<Share["kind"], Message> = { run: msg("Run"), model: msg("Model"), project: msg("Project") };

/** Links with what they show and when they were last looked at; each can be ended. */
export function ShareList({ shares, named = false }: { shares: readonly Share[]; named?: boolean }) {
  const { t } = useTranslation();
  const revoke = useRevokeShare();
  return (
    <SecretTable
      label={t("Share links")}
      items={shares}
      columns={named ? [{ title: t("Shows"), cell: (share) => <Shown share={share} /> }] : []}
      used={t("Last opened")}
      action={(share) => (
        <Button
          size="compact-xs"
          {...(share.active ? { variant: "default" } : { variant: "subtle", color: "gray" })}
          loading={revoke.isPending && revoke.variables === share.id}
          onClick={() => revoke.mutate(share.id)}
        >
          {share.active ? t("Revoke") : t("Remove")}
        </Button>
      )}
    />
  );
}

/** What a link leads to. */
function Shown({ share }: { share: Share }) {
  const { t } = useTranslation();
  return (
    <>
      <Badge size="xs" variant="light" color="gray" tt="none" mr={6}>
        {t(kinds[share.kind])}
      </Badge>
      <Anchor component={Link} size="sm" href={hrefOf(share)}>
        {share.title}
        {share.version === null ? "" : ` ${share.version}`}
      </Anchor>
    </>
  );
}

function hrefOf({ kind, target }: Share): string {
  if (kind === "run") return `/runs/${target}`;
  return kind === "model" ? `/models/${encodeURIComponent(target)}` : `/projects/${target}`;
}
