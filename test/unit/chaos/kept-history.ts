import { checkPromises } from "../../chaos/check/all-promises.ts";
import type { Histories, TaskHistory } from "../../chaos/check/history/histories.ts";
import type { Version } from "../../chaos/check/history/record-versions.ts";

type Field = string | number | { readonly time: number };

/** What a version has besides its fields: the code of its `lastError`, and its log; default: none of either. */
interface More {
  readonly code?: string;
  readonly log?: ReturnType<Version["attemptLog"]>;
}

/** A document's version with these fields. */
export function version(at: number, fields: Readonly<Record<string, Field>>, { code, log }: More = {}): Version {
  const of = (name: string): Field | undefined => fields[name];
  return {
    at,
    text: (name) => pick(of(name), (field) => (typeof field === "string" ? field : undefined)),
    number: (name) => pick(of(name), (field) => (typeof field === "number" ? field : undefined)),
    time: (name) => pick(of(name), (field) => (typeof field === "object" ? field.time : undefined)),
    attemptLog: () => log,
    lastErrorCode: () => code,
  };
}

function pick<Result>(field: Field | undefined, read: (field: Field) => Result | undefined): Result | undefined {
  return field === undefined ? undefined : read(field);
}

export const LEASE_MS = 20_000;

export function claimed(at: number, numbers: { owner: string; fence: number; attempts: number }): Version {
  return version(at, { state: "running", claimedAt: { time: at }, leaseMs: LEASE_MS, ...numbers });
}

export function settled(
  at: number,
  state: "succeeded" | "waiting" | "dead" | "cancelled",
  numbers: { owner: string; fence: number; attempts: number },
): Version {
  return version(at, { state, leaseMs: 0, ...numbers });
}

export const ID = "0123456789abcdef0123456789abcdef-default";
export const FIRST = { owner: "first", fence: 1, attempts: 1 };
export const SECOND = { owner: "second", fence: 2, attempts: 2 };

/** A `claim` task that was done at once: claimed at 1000, run from 1010 to 1040, settled at 1050. */
export function claimTask(changes: Partial<TaskHistory> = {}): TaskHistory {
  return {
    n: 7,
    origin: "api",
    kind: "claim",
    script: "ok",
    fingerprint: "good",
    ids: new Set([ID]),
    runs: [
      {
        run: "first run",
        taskId: ID,
        attempt: 1,
        pid: 1,
        at: 1_010,
        fingerprint: "good",
        effectAt: 1_020,
        endedAt: 1_040,
        how: "succeeded",
      },
    ],
    cancels: [],
    runsNow: [],
    isRolledBack: false,
    deliveries: [{ pid: 1, hop: 0, sentAt: 990, endedAt: 1_060, status: 200, outcome: "done" }],
    received: [{ key: ID, applied: true, at: 1_020, body: { n: 7, fingerprint: "good", run: "first run" } }],
    ...changes,
  };
}

export const CLAIM_RECORD = [claimed(1_000, FIRST), settled(1_050, "succeeded", FIRST)];

/** A `transaction` task that was done at once, with an effect that took place `count` times. */
export function transactionTask(changes: Partial<TaskHistory> = {}): TaskHistory {
  return claimTask({ kind: "transaction", received: [], ...changes });
}

/** The history of one task; it keeps every promise unless something is changed. */
export function historyOf(
  task: TaskHistory,
  {
    record = CLAIM_RECORD,
    documents = [],
    logs = [],
    faults = [],
    lives = [],
    hits = 0,
  }: {
    record?: readonly Version[];
    documents?: readonly (readonly [string, readonly Version[]])[];
    logs?: readonly (readonly [string, string])[];
    faults?: Histories["faults"];
    lives?: Histories["lives"];
    hits?: number;
  } = {},
): Histories {
  return {
    run: {
      tasks: 1,
      hits,
      seed: 1,
      faults: ["kill"],
      secret: "the-secret",
      startedMs: 0,
      endedMs: 2_000,
      isOutboxEmpty: true,
    },
    tasks: [task],
    strayRuns: [],
    faults,
    lives,
    versions: new Map([[`taskRecords/${ID}`, record], ...documents]),
    logs: new Map(logs),
  };
}

/** The promises that a history breaks. */
export function broken(histories: Histories): string[] {
  return [...new Set(checkPromises(histories).map(({ promise }) => promise))];
}
