import { Alert, NumberInput, SegmentedControl, Slider, Switch, Text } from "@mantine/core";
import { TriangleAlert } from "lucide-react";

import type { ImageChoice, Recipe, Survey } from "@/api/types";
import { formatNumber } from "@/i18n/formats";
import { useTranslation } from "@/i18n/react";

import classes from "../data.module.css";
import { setAugment } from "./recipe";

interface Props {
  survey: Survey;
  recipe: Recipe;
  onChange: (recipe: Recipe) => void;
}

/** The classes of an archive of pictures, and the size all of them are brought to. */
export function ImageFields({ survey, recipe, onChange }: Props) {
  const { t } = useTranslation();
  const { images, examples } = survey;
  const size = recipe.image;
  if (!images || !size) return null;
  const set = (change: Partial<ImageChoice>): void => onChange({ ...recipe, image: { ...size, ...change } });
  const sizes = images.sizes;
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Pictures")}>
      <h2>
        {t("{{pictures}} pictures in {{count}} folders", {
          pictures: formatNumber(images.images),
          count: Object.keys(images.classes).length,
        })}
      </h2>
      <p className={classes["counts"]}>
        {sizes.map(([height, width, count]) => `${width}×${height}: ${formatNumber(count)}`).join(" · ")}
      </p>
      {images.skipped > 0 ? (
        <Alert color="orange" variant="light" icon={<TriangleAlert size={16} />} my="xs">
          {t("{{count}} files are no pictures that can be read and are left out.", { count: images.skipped })}{" "}
          {images.broken.slice(0, 3).join(", ")}
        </Alert>
      ) : null}
      <ul className={classes["byClass"]} aria-label={t("Pictures of each class")}>
        {Object.entries(images.classes)
          .slice(0, 12)
          .map(([label, count]) => (
            <li key={label}>
              <span>
                {label} <small>{formatNumber(count)}</small>
              </span>
              <div>
                {examples
                  .filter((example) => example.label === label)
                  .map((example, place) => (
                    <img key={place} src={example.png} alt={t("A picture of {{label}}", { label })} />
                  ))}
              </div>
            </li>
          ))}
      </ul>
      <div className={classes["row"]}>
        <NumberInput size="xs" w={110} label={t("Width")} min={1} max={1024} value={size.width} onChange={(width) => set({ width: Number(width) || 1 })} />
        <NumberInput size="xs" w={110} label={t("Height")} min={1} max={1024} value={size.height} onChange={(height) => set({ height: Number(height) || 1 })} />
        <SegmentedControl
          size="xs"
          aria-label={t("Colours")}
          data={[
            { value: "1", label: t("Grey") },
            { value: "3", label: t("Colour") },
          ]}
          value={String(size.channels)}
          onChange={(channels) => set({ channels: channels === "1" ? 1 : 3 })}
        />
      </div>
    </section>
  );
}

/** What is done to images while they are trained on. */
export function AugmentFields({ recipe, onChange }: Omit<Props, "survey">) {
  const { t } = useTranslation();
  const { augment } = recipe;
  return (
    <section className={`nw-card ${classes["box"] ?? ""}`} aria-label={t("Augmentation")}>
      <h2>{t("Augmentation")}</h2>
      <div className={classes["fields"]}>
        <Switch
          size="sm"
          label={t("Mirror left and right")}
          checked={augment.flip_horizontal}
          onChange={(event) => onChange(setAugment(recipe, { flip_horizontal: event.currentTarget.checked }))}
        />
        <Switch
          size="sm"
          label={t("Turn upside down")}
          checked={augment.flip_vertical}
          onChange={(event) => onChange(setAugment(recipe, { flip_vertical: event.currentTarget.checked }))}
        />
        <div>
          <Text size="xs" id="augment-crop">
            {t("Crop up to {{percent}} %", { percent: Math.round(augment.crop * 100) })}
          </Text>
          <Slider
            size="sm"
            min={0}
            max={50}
            step={5}
            label={null}
            value={Math.round(augment.crop * 100)}
            thumbProps={{ "aria-labelledby": "augment-crop" }}
            onChange={(percent) => onChange(setAugment(recipe, { crop: percent / 100 }))}
          />
        </div>
        <NumberInput
          size="xs"
          label={t("Shift by up to … pixels")}
          min={0}
          max={64}
          value={augment.shift}
          onChange={(shift) => onChange(setAugment(recipe, { shift: Math.max(0, Math.floor(Number(shift) || 0)) }))}
        />
        <p className={classes["hint"]}>
          {t("Training images are changed anew in each epoch; those for validation and test, and what a model is asked about, stay as they are.")}
        </p>
      </div>
    </section>
  );
}
