import { expect, it } from "vitest";
import { readNewTime } from "../../../services/console/pages/tasks/actions/new-time.ts";
import { describeCancelled } from "../../../services/console/pages/tasks/actions/cancel.tsx";
import { readWanted } from "../../../services/console/pages/search/wanted.ts";

const NOW_MS = Date.UTC(2030, 0, 31, 8);
const ID = `${"9f2c".repeat(8)}-default`;
const NATURAL_ID = `${"9f2c".repeat(8)}n-bulk-2`;

it.each([
  ["", { kind: "nothing" }],
  [ID, { kind: "task", id: ID }],
  [NATURAL_ID, { kind: "task", id: NATURAL_ID }],
  [`https://producer.example/v1/tasks/${ID}`, { kind: "task", id: ID }],
  [`http://127.0.0.1:8082/tasks/${ID}/cancel?x=1#y`, { kind: "task", id: ID }],
  ["9f2c9f2c9f", { kind: "beginning", text: "9f2c9f2c9f" }],
  [`${"9f2c".repeat(8)}-`, { kind: "beginning", text: `${"9f2c".repeat(8)}-` }],
  ["order-7", { kind: "other", text: "order-7" }],
  [`refund-${ID}`, { kind: "other", text: `refund-${ID}` }],
  [`/tasks/${ID}<b>`, { kind: "other", text: `/tasks/${ID}<b>` }],
])("reads %s", (text, wanted) => {
  expect(readWanted(text)).toEqual(wanted);
});

it.each([
  ["30", "seconds", "2030-01-31T08:00:30.000Z"],
  ["1.5", "minutes", "2030-01-31T08:01:30.000Z"],
  ["2", "hours", "2030-01-31T10:00:00.000Z"],
  ["1", "days", "2030-02-01T08:00:00.000Z"],
])("reads a delay of %s %s", (delay, unit, scheduleTime) => {
  expect(readNewTime({ at: "", delay, unit }, NOW_MS)).toEqual({ kind: "time", scheduleTime });
});

it.each([
  ["2030-02-01T08:30", "2030-02-01T08:30:00.000Z"],
  ["2030-02-01T08:30:15", "2030-02-01T08:30:15.000Z"],
  ["2030-02-01T08:30:15.250", "2030-02-01T08:30:15.250Z"],
])("reads %s in UTC", (at, scheduleTime) => {
  expect(readNewTime({ at, delay: "", unit: "minutes" }, NOW_MS)).toEqual({ kind: "time", scheduleTime });
});

it.each([
  [{ at: "", delay: "" }, "delay"],
  [{ at: "2030-02-01T08:30", delay: "5" }, "at"],
  [{ at: "", delay: "-5" }, "delay"],
  [{ at: "", delay: "five" }, "delay"],
  [{ at: "", delay: "999999999", unit: "days" }, "delay"],
  [{ at: "", delay: "5", unit: "__proto__" }, "delay"],
  [{ at: "2030-02-31T08:30", delay: "" }, undefined],
  [{ at: "2030-13-01T08:30", delay: "" }, "at"],
  [{ at: "2030-02-01T08:30+01:00", delay: "" }, "at"],
])("says which field of %j is wrong", (given, field) => {
  const read = readNewTime({ unit: "minutes", ...given }, NOW_MS);
  expect(read.kind === "wrong" ? read.field : undefined).toBe(field);
});

it.each([
  [{ state: "cancelled", mayHaveRun: false }, "Task x is cancelled. It has never run."],
  [{ state: "cancelled", mayHaveRun: true }, "Task x is cancelled. It may have run before; if so, its effects stay."],
  [
    { state: "running", cancelRequested: true },
    "Task x will be cancelled when the running attempt ends, unless that succeeds.",
  ],
] as const)("says what a cancel did: %j", (cancelled, sentence) => {
  expect(describeCancelled("x", cancelled)).toBe(sentence);
});
