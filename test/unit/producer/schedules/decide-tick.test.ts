import { expect, it } from "vitest";
import { decideTick, isLate } from "../../../../services/producer/schedules/decide-tick.ts";
import type { ScheduleState } from "../../../../services/producer/schedules/schedule-state.ts";
import { deriveTaskId } from "../../../../shared/contract/task-id.ts";
import { SCHEDULES } from "../../../harness/schedules/test-schedules.ts";

const [EACH_MINUTE, NIGHTLY, HOURLY] = SCHEDULES;
const HOUR_MS = 3_600_000;
const NOON_MS = Date.UTC(2026, 5, 1, 12);

const stateOf = ({ cron, timeZone }: typeof NIGHTLY, over: Partial<ScheduleState> = {}): ScheduleState => {
  const plain = { lastFiredAtMs: null, lastTaskId: null, isPaused: false, isOff: false };
  return { cron, timeZone, startedAtMs: NOON_MS, ...plain, ...over };
};

/** What a tick does, in a word each; a firing with its time. */
const told = (
  ...[schedule, state, { nowMs, isOff = false }]: [
    typeof NIGHTLY | undefined,
    ScheduleState | null,
    { nowMs: number; isOff?: boolean },
  ]
) =>
  decideTick(schedule, state, { nowMs, isOff }).map((change) =>
    change.kind === "fire" ? new Date(change.dueAtMs).toISOString().slice(11, 16) : change.kind,
  );

it("a schedule that is new, changed, or on again starts from now, and fires nothing yet", () => {
  const late = { nowMs: NOON_MS + 48 * HOUR_MS };
  expect(told(NIGHTLY, null, late)).toEqual(["start"]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { cron: "0 0 * * *" }), late)).toEqual(["start"]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { timeZone: "Etc/UTC" }), late)).toEqual(["start"]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { isOff: true }), late)).toEqual(["start"]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { startedAtMs: late.nowMs + 1 }), late)).toEqual(["start"]);
});

it("a schedule that is off or isn't defined is turned off once", () => {
  const now = { nowMs: NOON_MS, isOff: true };
  expect(told(NIGHTLY, null, now)).toEqual([]);
  expect(told(NIGHTLY, stateOf(NIGHTLY), now)).toEqual(["turnOff"]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { isOff: true }), now)).toEqual([]);
  expect(told(undefined, stateOf(NIGHTLY), { nowMs: NOON_MS })).toEqual(["turnOff"]);
  expect(told(undefined, null, { nowMs: NOON_MS })).toEqual([]);
});

it("a schedule fires when it is due, and not before, again, or while it is paused", () => {
  const dueMs = Date.UTC(2026, 5, 2, 0, 30);
  expect(told(NIGHTLY, stateOf(NIGHTLY), { nowMs: dueMs - 1 })).toEqual([]);
  expect(told(NIGHTLY, stateOf(NIGHTLY), { nowMs: dueMs })).toEqual(["00:30"]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { lastFiredAtMs: dueMs }), { nowMs: dueMs + HOUR_MS })).toEqual([]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { startedAtMs: dueMs }), { nowMs: dueMs + HOUR_MS })).toEqual([]);
  expect(told(NIGHTLY, stateOf(NIGHTLY, { isPaused: true }), { nowMs: dueMs })).toEqual([]);
});

it("after a downtime, the latest time fires; with catchUp each does, the latest hundred of them", () => {
  const nowMs = NOON_MS + 5 * HOUR_MS + 1;
  expect(told(EACH_MINUTE, stateOf(EACH_MINUTE), { nowMs })).toEqual(["17:00"]);
  expect(told(HOURLY, stateOf(HOURLY), { nowMs })).toEqual(["13:00", "14:00", "15:00", "16:00", "17:00"]);
  expect(told(HOURLY, stateOf(HOURLY), { nowMs: NOON_MS + 100 * HOUR_MS })).toHaveLength(100);
  const many = told(HOURLY, stateOf(HOURLY), { nowMs: NOON_MS + 1_000 * HOUR_MS });
  expect([many.length, many[0], many.at(-1)]).toEqual([100, "01:00", "04:00"]);
});

it("the task for a time belongs to the schedule, and has the same id whichever tick creates it", () => {
  const dueMs = Date.UTC(2026, 5, 2, 0, 30);
  const [change] = decideTick(NIGHTLY, stateOf(NIGHTLY), { nowMs: dueMs + 5_000, isOff: false });
  if (change?.kind !== "fire") throw new Error("It is due.");

  expect(change.task.entry).toEqual({
    taskId: deriveTaskId(["schedule", "nightly", "2026-06-02T00:30Z"], NIGHTLY.task),
    type: "webhook.deliver",
    payloadJson: '{"url":"https://example.com/hook","event":"day.began","data":null}',
    origin: ["schedule", "nightly", "2026-06-02T00:30Z"],
    caller: "schedule:nightly",
    enqueuedAt: "2026-06-02T00:30:05.000Z",
    hop: 0,
  });
});

it("a schedule is late when its last firing is older than two of its periods", () => {
  const late = (state: ScheduleState, nowMs: number, isOff = false) => isLate(HOURLY, state, { nowMs, isOff });
  expect(late(stateOf(HOURLY), NOON_MS + 2 * HOUR_MS)).toBe(false);
  expect(late(stateOf(HOURLY), NOON_MS + 2 * HOUR_MS + 1)).toBe(true);
  expect(late(stateOf(HOURLY, { lastFiredAtMs: NOON_MS + HOUR_MS }), NOON_MS + 2 * HOUR_MS + 1)).toBe(false);
  expect(late(stateOf(HOURLY, { isPaused: true }), NOON_MS + 9 * HOUR_MS)).toBe(false);
  expect(late(stateOf(HOURLY), NOON_MS + 9 * HOUR_MS, true)).toBe(false);
  expect(late(stateOf(HOURLY, { cron: "5 * * * *" }), NOON_MS + 9 * HOUR_MS)).toBe(false);
});
