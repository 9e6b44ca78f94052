import { judgeConnections } from "@/api/graphs";
import type { Judgement } from "@/api/types";
import type { GraphEdit } from "@/graph/edits";
import { judgeConnection } from "@/graph/connect";
import { type Connection, writeReference } from "@/graph/model";

import { connectEdits, describeConnection } from "../canvas/connecting";
import type { ShapeFlowEdge } from "../canvas/flow";
import type { Session } from "../session/session";
import type { Point, Refused } from "../ui";

/** After this long the connection is made unasked: whatever is wrong with it, the check will say. */
const PATIENCE_MS = 1500;

export interface Joining {
  connections: readonly Connection[];
  /** Where it is told when it cannot be. */
  at: Point;
  /** The line that is moved. */
  instead?: ShapeFlowEdge | undefined;
}

/** What becomes of a wish to connect. */
export type Outcome = { label: string; edits: GraphEdit[]; refused: null } | { refused: Refused } | null;

/** Asks whether connections can work before they are made: this page about loops and ports, the server about shapes. */
export async function judgeJoining(session: Session, { connections, at, instead }: Joining): Promise<Outcome> {
  const [first] = connections;
  if (!first) return null;
  const label = describeConnection(first);
  const { graph, dataset, settings } = session.store.getState();
  const local = connections.map((one) => judgeConnection(graph, session.operators, one)).find((one) => !one.ok);
  if (local?.ok === false) {
    const problem = { message: local.reason, wanted: null, got: null, remedy: null };
    return { refused: { at, label, problem, mends: [], before: [], anyway: null } };
  }
  const question = { graph, dataset, batch_size: settings.batch_size, connections: connections.map(written) };
  const { ok, problem, mends } = await answered(question);
  const edits = connectEdits(session, connections, instead);
  if (ok || !problem) return { label, edits, refused: null };
  const before = edits.filter(({ type }) => type === "disconnect");
  return { refused: { at, label, problem, mends, before, anyway: edits } };
}

async function answered(question: Parameters<typeof judgeConnections>[0]): Promise<Judgement> {
  try {
    return await judgeConnections(question, AbortSignal.timeout(PATIENCE_MS));
  } catch {
    return { ok: true, problem: null, mends: [] }; // without the server one can still draw
  }
}

const written = ({ from, output, to, port }: Connection) => ({ from: writeReference(from, output), to, port });
