import type { DatasetPreview } from "@/api/types";

import classes from "./data.module.css";

export function ImageGrid({ images }: { images: NonNullable<DatasetPreview["images"]> }) {
  return (
    <ul className={classes["images"]} aria-label="Images">
      {images.map((image) => (
        <li key={image.index}>
          <figure>
            <img src={image.png} alt={`Sample ${image.index}`} loading="lazy" />
            <figcaption>{image.label ?? `#${image.index}`}</figcaption>
          </figure>
        </li>
      ))}
    </ul>
  );
}
