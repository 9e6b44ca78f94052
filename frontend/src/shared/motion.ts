/** Whether somebody has asked their system for less motion. */
export const isStillWanted = (): boolean => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** How long something may move, in milliseconds: for those who want it still, not at all. */
export const motion = (milliseconds: number): number => (isStillWanted() ? 0 : milliseconds);
