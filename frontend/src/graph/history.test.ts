import { describe, expect, it } from "vitest";

import { emptyHistory, type History, redo, remember, undo } from "./history";

describe("history", () => {
  it("goes back and forth through named actions without losing or inventing one", () => {
    let history: History<number> = emptyHistory();
    history = remember(history, 0, "Add conv1");
    history = remember(history, 1, "Add conv2");
    const back = undo(history, 2);
    expect(back).toMatchObject({ value: 1, label: "Add conv2" });
    const backAgain = back && undo(back.history, back.value);
    expect(backAgain).toMatchObject({ value: 0, label: "Add conv1" });
    expect(backAgain && undo(backAgain.history, 0)).toBeNull();
    const forth = backAgain && redo(backAgain.history, backAgain.value);
    expect(forth).toMatchObject({ value: 1, label: "Add conv1" });
    const forthAgain = forth && redo(forth.history, forth.value);
    expect(forthAgain).toMatchObject({ value: 2, label: "Add conv2" });
    expect(forthAgain && redo(forthAgain.history, 2)).toBeNull();
  });

  it("takes quick steps with one key as one, and slow ones as several", () => {
    let history: History<string> = emptyHistory();
    history = remember(history, "", "Set Units", "fc1.num_hidden", 1000);
    history = remember(history, "1", "Set Units", "fc1.num_hidden", 1200);
    history = remember(history, "12", "Set Units", "fc1.num_hidden", 1400);
    expect(history.past).toHaveLength(1);
    expect(undo(history, "128")?.value).toBe("");
    history = remember(history, "128", "Set Units", "fc1.num_hidden", 9000);
    expect(history.past).toHaveLength(2);
    history = remember(history, "1280", "Set Kind", "act1.act_type", 9001);
    expect(history.past).toHaveLength(3);
  });

  it("a new action after an undo ends the future", () => {
    const history = remember(emptyHistory<number>(), 0, "One");
    const back = undo(history, 1);
    const branched = back && remember(back.history, back.value, "Other");
    expect(branched?.future).toEqual([]);
  });

  it("never merges into a step that was undone and redone", () => {
    let history: History<number> = remember(emptyHistory<number>(), 0, "Set", "k", 0);
    const back = undo(history, 1);
    const forth = back && redo(back.history, back.value);
    expect(forth).not.toBeNull();
    if (forth) history = remember(forth.history, 1, "Set", "k", 10);
    expect(history.past).toHaveLength(2);
  });

  it("keeps a bounded past", () => {
    let history: History<number> = emptyHistory();
    for (let at = 0; at < 500; at += 1) history = remember(history, at, "Step");
    expect(history.past).toHaveLength(200);
    expect(history.past.at(-1)?.value).toBe(499);
  });
});
