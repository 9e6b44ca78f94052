import { useCallback } from "react";

import { useAct } from "../actions/useActions";
import { useSession } from "../session/context";
import { useUi } from "../ui";
import { judgeJoining, type Joining } from "./join";

/** Makes connections, or shows why they cannot be and what would help. True when they were made. */
export function useJoin(): (joining: Joining) => Promise<boolean> {
  const session = useSession();
  const ui = useUi();
  const act = useAct();
  return useCallback(
    async (joining) => {
      const outcome = await judgeJoining(session, joining);
      if (!outcome) return false;
      ui.setState({ refused: outcome.refused });
      if (outcome.refused) return false;
      act(outcome.label, outcome.edits);
      return true;
    },
    [session, ui, act],
  );
}
