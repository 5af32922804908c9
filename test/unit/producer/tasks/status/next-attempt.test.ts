import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { ruleOf } from "../../../../../services/producer/tasks/status/next-attempt.ts";
import type { TaskRecord } from "../../../../../shared/records/task-record.ts";

const AT = "2026-01-01T12:00:00.000Z";
const LATER = "2026-03-01T12:00:00.000Z";
const WAITING: TaskRecord = {
  state: "waiting",
  owner: "o",
  fence: 1,
  attempts: 1,
  claimedAt: null,
  leaseMs: 0,
  payloadHash: "",
  finishedAt: null,
  lastError: null,
  result: null,
  expireAt: Timestamp.fromMillis(9e12),
};
const attempt = (nextRule: string, nextAt = AT) => {
  return { attempt: 1, hop: 0, outcome: "retry", nextRule, nextAt: Timestamp.fromMillis(Date.parse(nextAt)) };
};
const failed = { attempt: 1, hop: 0, outcome: "threw" };

it.each<[string, string, Partial<TaskRecord>]>([
  ["by its queue", "queue", { attemptLog: [failed] }],
  ["by its queue, as an earlier revision recorded it", "queue", {}],
  ["by its type", "backoff", { hop: 1, notBefore: AT, attemptLog: [failed, attempt("backoff")] }],
  [
    "by its handler, which asked for a retry",
    "retry-after",
    { hop: 3, notBefore: AT, attemptLog: [attempt("retry-after")] },
  ],
  ["by its handler, many hops ago", "snooze", { hop: 7, notBefore: LATER, attemptLog: [attempt("snooze", LATER)] }],
  [
    "by somebody, to another time than its type's",
    "run",
    { hop: 2, notBefore: LATER, attemptLog: [attempt("backoff")] },
  ],
  ["by somebody, to now", "run", { hop: 2, attemptLog: [attempt("snooze", LATER)] }],
  ["by somebody, after an attempt that left it to the queue", "run", { hop: 1, notBefore: AT, attemptLog: [failed] }],
  ["by somebody, before any attempt", "run", { hop: 1, fence: 0, attempts: 0, notBefore: AT }],
  ["by somebody, to now, before any attempt", "run", { hop: 2, attempts: 0 }],
  ["when it was handed over", "schedule", { hop: 2, attempts: 0, notBefore: LATER, attemptLog: [] }],
  [
    "by a rule of a later revision, as if somebody did it",
    "run",
    { hop: 1, notBefore: AT, attemptLog: [attempt("moon")] },
  ],
])("the time of a task's next attempt was set %s", (_, rule, fields) => {
  expect(ruleOf({ ...WAITING, ...fields })).toBe(rule);
});
