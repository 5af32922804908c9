import { FieldValue, Timestamp } from "@google-cloud/firestore";
import type { Concession } from "../../../services/worker/lifecycle/concession.ts";
import {
  type AttemptNumbers,
  runningRecord,
  settledFields,
  settledRecord,
} from "../../../shared/records/transition.ts";
import { type Settlement, letterOf } from "../../../services/worker/lifecycle/settlement.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { leaseMsOf } from "../../../shared/contract/queues.ts";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import { taskIdForKey } from "../../../shared/contract/task-id.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { type Commit, PAYLOAD_HASH, type World } from "./world.ts";

const ENVELOPE: Envelope = {
  id: taskIdForKey({ type: "test.model", queue: "default", idempotencyKey: "one" }),
  type: "test.model",
  payload: null,
  payloadHash: PAYLOAD_HASH,
  enqueuedAt: "2026-01-02T00:00:00.000Z",
};

/** The commit of a claim, written as the worker writes it. */
export function claimCommit(
  world: World,
  { numbers, record }: { readonly numbers: AttemptNumbers; readonly record: TaskRecord | null },
): Commit {
  const fields = runningRecord({ envelope: ENVELOPE, leaseMs: leaseMsOf(TEST_QUEUES.default) }, numbers, {
    record,
    clock: clockOf(world),
  });
  return { record: stored(fields), fence: numbers.fence };
}

/** The commit that ends a claimed attempt: fields of a record that is there. */
export function settleCommit(world: World, fence: number, settlement: Settlement): Commit {
  const fields = { ...world.record, ...settledFields(settlement, clockOf(world)) };
  return { record: stored(fields), fence, ...letterCommit(settlement) };
}

/** The commit that ends an attempt without a claim: a whole record, which goes on from another or begins anew. */
export function recordCommit(
  world: World,
  {
    numbers,
    settlement,
    record,
  }: { readonly numbers: AttemptNumbers; readonly settlement: Settlement; readonly record: TaskRecord | null },
): Commit {
  const fields = settledRecord(ENVELOPE, numbers, settlement, { record, clock: clockOf(world) });
  return { record: stored(fields), fence: numbers.fence, ...letterCommit(settlement) };
}

/** The commit of a delivery that may not run; null where it writes nothing. */
export function concessionCommit(world: World, concession: Concession): Commit | null {
  const fence = world.record?.fence ?? 0;
  switch (concession.kind) {
    case "answer":
      return null;
    case "keep-conflict":
      return { fence, letter: "conflict" };
    case "bury":
      return concession.newRecord
        ? recordCommit(world, { numbers: concession.newRecord, settlement: concession.settlement, record: null })
        : settleCommit(world, fence, concession.settlement);
    default:
      return concession satisfies never;
  }
}

function letterCommit(settlement: Settlement): Pick<Commit, "letter"> {
  return letterOf(settlement) ? { letter: "own" } : {};
}

/** The instance's clock agrees with Firestore's: what it may spoil, an expiry, has tests of its own. */
function clockOf({ nowMs }: World) {
  return { now: () => nowMs, setTimer: () => ({ cancel() {} }) };
}

/** What Firestore keeps of a write: a server's timestamp becomes its time. */
function stored(fields: object): (nowMs: number) => TaskRecord {
  return (nowMs) => {
    const now = Timestamp.fromMillis(nowMs);
    const kept = Object.entries(fields).map(([name, value]) => [name, value instanceof FieldValue ? now : value]);
    // oxlint-disable-next-line no-unsafe-type-assertion -- The worker's own fields; parsing each would take minutes.
    return Object.fromEntries(kept) as TaskRecord;
  };
}
