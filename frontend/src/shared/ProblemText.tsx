import { Alert, Button, Text } from "@mantine/core";
import { CircleAlert } from "lucide-react";

import { ApiError } from "@/api/client";
import { useTranslation } from "@/i18n/react";

import { capitalise } from "./text";

interface Facts {
  message: string;
  wanted?: unknown;
  got?: unknown;
  remedy?: string | null | undefined;
}

function factsOf(error: unknown): Facts {
  if (error instanceof ApiError) return error.body;
  return { message: error instanceof Error ? error.message : String(error) };
}

function sentence(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

interface Props {
  /** An `ApiError`, any error, or a problem of a graph. */
  error: unknown;
  title?: string;
  onRetry?: () => void;
}

/** An error told the house way: what happened, what was wanted, what came, what to do. */
export function ProblemText({ error, title, onRetry }: Props) {
  const { t } = useTranslation();
  const facts = factsOf(error);
  const wanted = sentence(facts.wanted);
  const got = sentence(facts.got);
  return (
    <Alert color="red" variant="light" icon={<CircleAlert size={18} />} title={title ?? t("That did not work")} role="alert">
      <Text size="sm">{capitalise(facts.message)}</Text>
      {wanted === null ? null : <Text size="sm">{t("Wanted: {{wanted}}", { wanted })}</Text>}
      {got === null ? null : <Text size="sm">{t("Got: {{got}}", { got })}</Text>}
      {facts.remedy ? (
        <Text size="sm" fw={560} mt={4}>
          {facts.remedy}
        </Text>
      ) : null}
      {onRetry ? (
        <Button size="xs" variant="light" color="red" mt="xs" onClick={onRetry}>
          {t("Try again")}
        </Button>
      ) : null}
    </Alert>
  );
}
