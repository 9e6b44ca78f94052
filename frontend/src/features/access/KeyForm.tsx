import { Alert, Button, Group, Select, TextInput } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { type SyntheticEvent, useState } from "react";

import type { KeyScope } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { CodeBox } from "@/shared/CodeBox";
import { expiryOf, lifetimes } from "@/shared/expiry";

import { useCreateKey } from "./queries";
import { scopeNames, scopeOrder } from "./scopes";

const LONGEST_NAME = 120;

/** Makes a key; its secret is shown once. */
export function KeyForm() {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<KeyScope>("predict");
  const [days, setDays] = useState(30);
  const create = useCreateKey();

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (name.trim() === "") return;
    create.mutate({ name: name.trim(), scope, expires_at: expiryOf(days) }, { onSuccess: () => setName("") });
  }

  return (
    <>
      <form aria-label={t("New API key")} onSubmit={submit}>
        <Group align="end" gap="sm">
          <TextInput label={t("Name")} placeholder={t("What it is for")} w={220} maxLength={LONGEST_NAME} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Select
            label={t("May")}
            w={230}
            allowDeselect={false}
            data={scopeOrder.map((value) => ({ value, label: t(scopeNames[value]) }))}
            value={scope}
            onChange={(next) => setScope(next ?? "predict")}
          />
          <Select
            label={t("Lasts")}
            w={180}
            allowDeselect={false}
            data={lifetimes.map(({ days: value, label }) => ({ value: String(value), label: t(label) }))}
            value={String(days)}
            onChange={(next) => setDays(Number(next))}
          />
          <Button type="submit" leftSection={<KeyRound size={15} aria-hidden />} loading={create.isPending} disabled={name.trim() === ""}>
            {t("Make a key")}
          </Button>
        </Group>
      </form>
      {create.data ? (
        <Alert variant="light" mt="md" title={t("Copy the key “{{name}}” now: it is shown this once.", { name: create.data.name })}>
          <CodeBox text={create.data.secret} label={t("API key")} maxHeight="80px" wrap />
        </Alert>
      ) : null}
    </>
  );
}
