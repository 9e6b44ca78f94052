import { type NotificationData, notifications } from "@mantine/notifications";

import { ApiError } from "@/api/client";
import { t } from "@/i18n";

/** Tells of something in the corner, to be closed by a button that has a name; returns what hides it. */
export function notify(note: NotificationData): string {
  return notifications.show({ closeButtonProps: { "aria-label": t("Close") }, ...note });
}

/** Tells of a failure in the corner: the message and what to do. */
export function notifyError(error: unknown, title = t("That did not work")): void {
  const remedy = error instanceof ApiError ? error.body.remedy : null;
  const message = error instanceof Error ? error.message : String(error);
  notify({ color: "red", title, message: remedy ? `${message} ${remedy}` : message, autoClose: 9000 });
}

/** Tells of a success in the corner. */
export function notifyDone(message: string): void {
  notify({ message, autoClose: 3500 });
}
