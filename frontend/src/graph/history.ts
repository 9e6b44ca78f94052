/** Undo and redo over immutable values: a step is a named user action, not a keystroke. */
export interface Step<T> {
  label: string;
  /** Steps with the same key in quick succession are one: typing 1-2-8 into a field. */
  key: string | null;
  time: number;
  value: T;
}

export interface History<T> {
  /** What the value was before each step, oldest first. */
  past: Step<T>[];
  future: Step<T>[];
}

const LIMIT = 200;
const QUICK_MS = 1500;

export function emptyHistory<T>(): History<T> {
  return { past: [], future: [] };
}

/** Remembers `before`, the value an action labelled `label` is about to replace. */
export function remember<T>(
  history: History<T>,
  before: T,
  label: string,
  key: string | null = null,
  time: number = Date.now(),
): History<T> {
  const last = history.past.at(-1);
  if (last && key !== null && last.key === key && time - last.time < QUICK_MS && history.future.length === 0) {
    return { past: [...history.past.slice(0, -1), { ...last, time }], future: [] };
  }
  return { past: [...history.past, { label, key, time, value: before }].slice(-LIMIT), future: [] };
}

export interface Move<T> {
  history: History<T>;
  value: T;
  label: string;
}

/** Takes the last step back; null when there is none. */
export function undo<T>({ past, future }: History<T>, now: T): Move<T> | null {
  const step = past.at(-1);
  if (!step) return null;
  const undone: Step<T> = { ...step, key: null, value: now };
  return { history: { past: past.slice(0, -1), future: [undone, ...future] }, value: step.value, label: step.label };
}

/** Does the step again that was taken back last; null when there is none. */
export function redo<T>({ past, future }: History<T>, now: T): Move<T> | null {
  const step = future[0];
  if (!step) return null;
  const done: Step<T> = { ...step, key: null, value: now };
  return { history: { past: [...past, done], future: future.slice(1) }, value: step.value, label: step.label };
}
