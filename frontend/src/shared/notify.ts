import { notifications } from "@mantine/notifications";

import { ApiError } from "@/api/client";
import { t } from "@/i18n";

/** Tells of a failure in the corner: the message and what to do. */
export function notifyError(error: unknown, title = t("That did not work")): void {
  const remedy = error instanceof ApiError ? error.body.remedy : null;
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({ color: "red", title, message: remedy ? `${message} ${remedy}` : message, autoClose: 9000 });
}

/** Tells of a success in the corner. */
export function notifyDone(message: string): void {
  notifications.show({ message, autoClose: 3500 });
}
