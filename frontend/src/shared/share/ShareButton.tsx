import { Button, type ButtonProps } from "@mantine/core";
import { Share2 } from "lucide-react";
import { useState } from "react";

import type { ShareTarget } from "@/api/access";
import { useTranslation } from "@/i18n/react";

import { useReadOnly } from "../readOnly";
import { ShareDialog } from "./ShareDialog";

interface Props extends ShareTarget {
  size?: ButtonProps["size"];
}

/** Opens the links to one thing; whoever came by a link makes no further ones. */
export function ShareButton({ size, ...target }: Props) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const readOnly = useReadOnly();
  if (readOnly) return null;
  return (
    <>
      <Button variant="default" size={size ?? "sm"} leftSection={<Share2 size={15} aria-hidden />} onClick={() => setOpened(true)}>
        {t("Share")}
      </Button>
      {opened ? <ShareDialog target={target} onClose={() => setOpened(false)} /> : null}
    </>
  );
}
