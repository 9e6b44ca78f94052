import { Text, Title } from "@mantine/core";

import { useTranslation } from "@/i18n/react";
import { PageHeader } from "@/shared/PageHeader";
import { ProblemText } from "@/shared/ProblemText";
import { useShares } from "@/shared/share/queries";
import { ShareList } from "@/shared/share/ShareList";

import classes from "./access.module.css";
import { KeyForm } from "./KeyForm";
import { KeyList } from "./KeyList";
import { useKeys } from "./queries";

/** Who else gets in: programs by keys, people by links. */
export default function AccessPage() {
  const { t } = useTranslation();
  return (
    <div className="nw-page">
      <PageHeader title={t("Access")} subtitle={t("Keys for programs, and links that show one thing to whoever has them.")} />
      <div className={classes["parts"]}>
        <Keys />
        <Links />
      </div>
    </div>
  );
}

function Keys() {
  const { t } = useTranslation();
  const keys = useKeys();
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("API keys")}>
      <Title order={2}>{t("API keys")}</Title>
      <Text size="sm" c="dimmed" mb="md">
        {t("A program sends its key as “Authorization: Bearer …”. Only what the key hashes to is kept; no key can make keys or links.")}
      </Text>
      <KeyForm />
      {keys.error ? <ProblemText error={keys.error} onRetry={() => void keys.refetch()} /> : null}
      {keys.data && keys.data.items.length > 0 ? <KeyList keys={keys.data.items} /> : null}
      {keys.data?.items.length === 0 ? (
        <Text size="sm" c="dimmed" mt="md">
          {t("There is no key yet.")}
        </Text>
      ) : null}
    </section>
  );
}

function Links() {
  const { t } = useTranslation();
  const shares = useShares();
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Share links")}>
      <Title order={2}>{t("Share links")}</Title>
      <Text size="sm" c="dimmed" mb="md">
        {t("“Share” on a run, a model or a project makes a link. It shows that and nothing else, and changes nothing.")}
      </Text>
      {shares.error ? <ProblemText error={shares.error} onRetry={() => void shares.refetch()} /> : null}
      {shares.data && shares.data.items.length > 0 ? <ShareList shares={shares.data.items} named /> : null}
      {shares.data?.items.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("Nothing is shared.")}
        </Text>
      ) : null}
    </section>
  );
}
