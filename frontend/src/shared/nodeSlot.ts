import { createContext, type ReactNode } from "react";

/** What the app lays beside a node of the canvas, by the node's id: the editor knows nothing of what that is. */
export const NodeSlot = createContext<((id: string) => ReactNode) | null>(null);
