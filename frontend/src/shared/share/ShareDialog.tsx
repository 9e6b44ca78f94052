import { Alert, Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { Link2 } from "lucide-react";
import { useState } from "react";

import { type ShareTarget, shareUrl } from "@/api/access";
import type { SharedKind } from "@/api/types";
import { type Message, msg } from "@/i18n";
import { useTranslation } from "@/i18n/react";

import { CodeBox } from "../CodeBox";
import { expiryOf, lifetimes } from "../expiry";
import { useCreateShare, useShares } from "./queries";
import { ShareList } from "./ShareList";

const shows: Record<SharedKind, Message> = {
  run: msg("Whoever has the link sees this run's progress, curves, log, settings and what is inside, with samples of its data, and can change nothing."),
  model: msg("Whoever has the link can look at this version, with samples of its data, and try it, and can change nothing."),
  project: msg("Whoever has the link sees this network as it then is, with its settings, and can change nothing."),
};

/** Makes links to one thing and shows those there are. */
export function ShareDialog({ target, onClose }: { target: ShareTarget; onClose: () => void }) {
  const { t } = useTranslation();
  const [days, setDays] = useState(7);
  const shares = useShares(target);
  const create = useCreateShare();
  const listed = shares.data?.items.filter((share) => share.version === target.version) ?? [];
  return (
    <Modal opened onClose={onClose} title={t("Share")} size="lg" closeButtonProps={{ "aria-label": t("Close") }}>
      <Stack gap="sm">
        <Text size="sm">{t(shows[target.kind])}</Text>
        <Group align="end">
          <Select
            label={t("The link lasts")}
            w={190}
            allowDeselect={false}
            data={lifetimes.map(({ days: value, label }) => ({ value: String(value), label: t(label) }))}
            value={String(days)}
            onChange={(next) => setDays(Number(next))}
          />
          <Button leftSection={<Link2 size={15} aria-hidden />} loading={create.isPending} onClick={() => create.mutate({ ...target, expires_at: expiryOf(days) })}>
            {t("Make a link")}
          </Button>
        </Group>
        {create.data ? (
          <Alert variant="light" title={t("Copy the link now: it is shown this once.")}>
            <CodeBox text={shareUrl(create.data)} label={t("Share link")} maxHeight="90px" wrap />
          </Alert>
        ) : null}
        {listed.length > 0 ? <ShareList shares={listed} /> : null}
      </Stack>
    </Modal>
  );
}
