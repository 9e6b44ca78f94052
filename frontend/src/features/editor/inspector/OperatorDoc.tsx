import { Fragment } from "react";

import classes from "./Inspector.module.css";

/** An operator's documentation: paragraphs apart, `code` as code. */
export function OperatorDoc({ doc }: { doc: string }) {
  return (
    <div className={classes["doc"]}>
      {paragraphs(doc).map((text, at) => (
        <p key={at}>
          {text.split(/`+/).map((part, index) => (
            // Between each pair of backticks stands code.
            <Fragment key={index}>{index % 2 === 1 ? <code>{part}</code> : part}</Fragment>
          ))}
        </p>
      ))}
    </div>
  );
}

/** Lines are broken in the source for its width, not for ours: only a blank line ends a paragraph. */
export function paragraphs(doc: string): string[] {
  return doc
    .split(/\n\s*\n/)
    .map((text) => text.replaceAll(/\s*\n\s*/g, " ").trim())
    .filter((text) => text !== "");
}
