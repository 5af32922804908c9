import { expect, test } from "vitest";
import type { Cancel, TaskHistory } from "../../chaos/check/history/histories.ts";
import {
  CLAIM_RECORD,
  FIRST,
  ID,
  LEASE_MS,
  broken,
  claimTask,
  claimed,
  historyOf,
  settled,
  transactionTask,
  version,
} from "./kept-history.ts";

const NEW = { owner: "canceller", fence: 0, attempts: 0 };
const CANCEL: Cancel = { status: 200, mayHaveRun: false, askedAt: 900, at: 950 };
const ACKNOWLEDGED = { pid: 1, hop: 0, sentAt: 1_000, endedAt: 1_060, status: 200, outcome: "duplicate" };

/** A task that was cancelled at 920, before it ran, as its caller was told at 950. */
const untouched = (changes: Partial<TaskHistory> = {}) =>
  claimTask({ runs: [], received: [], deliveries: [ACKNOWLEDGED], cancels: [CANCEL], ...changes });
const CANCELLED = [settled(920, "cancelled", NEW)];

/** A cancel that was asked for while the attempt of `claimTask` ran. */
const ASKED: Cancel = { status: 202, mayHaveRun: true, askedAt: 1_015, at: 1_018 };
const asked = version(1_016, {
  state: "running",
  ...FIRST,
  claimedAt: { time: 1_000 },
  leaseMs: LEASE_MS,
  cancelRequestedAt: { time: 1_016 },
});
const claim = claimed(1_000, FIRST);
const failed = claimTask().runs.map((run) => {
  const ended = { ...run, how: "retry" };
  delete ended.effectAt;
  return ended;
});

test("cancels keep every promise: before a task runs, while it runs, and too late", () => {
  expect(broken(historyOf(untouched(), { record: CANCELLED }))).toEqual([]);
  const succeeds = claimTask({ cancels: [ASKED] });
  expect(broken(historyOf(succeeds, { record: [claim, asked, settled(1_050, "succeeded", FIRST)] }))).toEqual([]);
  const fails = claimTask({ cancels: [ASKED], runs: failed, received: [] });
  expect(broken(historyOf(fails, { record: [claim, asked, settled(1_050, "cancelled", FIRST)] }))).toEqual([]);
  expect(broken(historyOf(claimTask({ cancels: [{ ...CANCEL, status: 409, at: 1_200 }] })))).toEqual([]);
});

test("a task that starts after its cancel was confirmed breaks promises", () => {
  const started = untouched({ runs: failed });
  expect(broken(historyOf(started, { record: CANCELLED }))).toEqual(
    expect.arrayContaining(["nothing starts after a cancel", "mayHaveRun is true"]),
  );
});

test("a response that the record contradicts breaks a promise", () => {
  expect(broken(historyOf(claimTask({ cancels: [{ ...CANCEL, mayHaveRun: true }] })))).toContain(
    "what is answered as cancelled is cancelled",
  );
  expect(broken(historyOf(untouched({ cancels: [{ ...CANCEL, status: 409 }] }), { record: CANCELLED }))).toEqual([
    "only what has ended can't be cancelled",
  ]);
  expect(broken(historyOf(untouched({ cancels: [{ ...CANCEL, status: 0 }] }), { record: CANCELLED }))).toEqual([
    "a cancel is answered",
  ]);
  const dead = claimTask({ script: "permanent", cancels: [ASKED], runs: failed, received: [] });
  const record = [claim, asked, version(1_050, { state: "dead", ...FIRST }, { code: "chaos_permanent" })];
  const documents = [[`deadLetters/${ID}`, [version(1_050, {})]]] as const;
  expect(broken(historyOf(dead, { record, documents }))).toEqual(["a requested cancel ends a task"]);
});

test("a cancel that overwrites a running attempt breaks a promise", () => {
  const long = failed.map((run) => ({ ...run, endedAt: 3_000 }));
  const cancels = [{ ...CANCEL, mayHaveRun: true, askedAt: 2_000, at: 2_100 }];
  const task = claimTask({ runs: long, received: [], cancels });
  expect(broken(historyOf(task, { record: [claim, settled(2_050, "cancelled", FIRST)] }))).toContain(
    "a cancel waits for the attempt that runs",
  );
});

test("a letter, an effect or a cancel that nobody requested breaks a promise", () => {
  const letter = (id: string) => [[`deadLetters/${id}`, [version(1_000, {})]]] as const;
  expect(broken(historyOf(untouched(), { record: CANCELLED, documents: letter(ID) }))).toEqual([
    "a cancelled task leaves no letter",
  ]);
  expect(broken(historyOf(untouched(), { record: CANCELLED, documents: letter(`${ID}-0123456789abcdef`) }))).toEqual([
    "nobody mistakes a task for another",
  ]);
  expect(broken(historyOf(untouched({ cancels: [] }), { record: CANCELLED }))).toEqual([
    "nothing is cancelled by itself",
  ]);
  const transaction = transactionTask({ ...untouched(), kind: "transaction" });
  const effects = [["chaosEffects/n7", [version(1_050, { count: 1, fingerprint: "good" })]]] as const;
  expect(broken(historyOf(transaction, { record: CANCELLED, documents: effects }))).toEqual([
    "a cancelled transaction has no effect",
  ]);
});

test("a cancel request doesn't turn the first claim into a second one", () => {
  const record = [...CLAIM_RECORD.slice(0, 1), asked, ...CLAIM_RECORD.slice(1)];
  expect(broken(historyOf(claimTask({ cancels: [ASKED] }), { record }))).toEqual([]);
});
