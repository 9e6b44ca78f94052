import type { DatasetPreview } from "@/api/types";
import { useTranslation } from "@/i18n/react";

import classes from "./data.module.css";

export function ImageGrid({ images }: { images: NonNullable<DatasetPreview["images"]> }) {
  const { t } = useTranslation();
  return (
    <ul className={classes["images"]} aria-label={t("Images")}>
      {images.map((image) => (
        <li key={image.index}>
          <figure>
            <img src={image.png} alt={t("Sample {{index}}", { index: image.index })} loading="lazy" />
            <figcaption>{image.label ?? `#${image.index}`}</figcaption>
          </figure>
        </li>
      ))}
    </ul>
  );
}
