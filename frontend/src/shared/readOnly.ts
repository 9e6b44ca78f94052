import { createContext, useContext } from "react";

/** Whether the page is looked at by a share link: then nothing that changes something is offered. */
export const ReadOnly = createContext(false);

export const useReadOnly = (): boolean => useContext(ReadOnly);
