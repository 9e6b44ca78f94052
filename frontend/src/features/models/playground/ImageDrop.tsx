import { Button, FileButton, Switch, Text } from "@mantine/core";
import { ImageUp } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import type { DatasetInput, Nested } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "../models.module.css";
import { middleSquare } from "./capture";
import { borderMedian, channelsOf, heightOf, invert, type Picture, shrink, toRaw, wholeBox, widthOf } from "./pixels";

interface Props {
  input: DatasetInput;
  dark: boolean;
  onInput: (raw: Nested | null) => void;
}

/** Takes a picture from a file, turns it to what the network wants, and lets one correct its polarity. */
export function ImageDrop({ input, dark, onInput }: Props) {
  const { t } = useTranslation();
  const [picture, setPicture] = useState<Picture | null>(null);
  const [inverted, setInverted] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [over, setOver] = useState(false);

  const report = (shown: Picture, negative: boolean): void => {
    const turned = negative ? invert(shown) : shown;
    onInput(toRaw(shrink(turned, wholeBox(turned), widthOf(input), heightOf(input)), input));
  };
  const take = async (file: File | null): Promise<void> => {
    if (!file) return;
    const shown = await readPicture(file, channelsOf(input));
    setProblem(shown ? null : t("“{{name}}” is not a picture this browser can read.", { name: file.name }));
    if (!shown) return;
    // Grey data with bright things on black: a photo of ink on paper is its negative.
    const negative = channelsOf(input) === 1 && borderMedian(shown) > 0.5 === dark;
    setPicture(shown);
    setInverted(negative);
    report(shown, negative);
  };

  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      if (file) void latest.current(file);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);

  return (
    <div
      className={classes["drop"]}
      data-over={over}
      role="group"
      aria-label={t("Picture to try")}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void take(event.dataTransfer.files[0] ?? null);
      }}
    >
      <ImageUp size={26} strokeWidth={1.6} aria-hidden />
      <Text size="sm">{t("Drop a picture here, or paste one")}</Text>
      <FileButton accept="image/*" onChange={(file) => void take(file)}>
        {(props) => (
          <Button {...props} size="xs" variant="default">
            {t("Choose a picture")}
          </Button>
        )}
      </FileButton>
      {picture ? (
        <Switch
          size="xs"
          label={t("Swap bright and dark")}
          checked={inverted}
          onChange={(event) => {
            setInverted(event.currentTarget.checked);
            report(picture, event.currentTarget.checked);
          }}
        />
      ) : null}
      {problem === null ? null : (
        <Text size="xs" c="var(--nw-danger)" role="alert">
          {problem}
        </Text>
      )}
    </div>
  );
}

/** The middle square of a picture; null when the browser cannot read it. */
async function readPicture(file: File, channels: number): Promise<Picture | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const square = middleSquare(bitmap, bitmap.width, bitmap.height, channels);
  bitmap.close();
  return square;
}
