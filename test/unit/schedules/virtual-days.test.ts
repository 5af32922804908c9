import { expect, it } from "vitest";
import type { ScheduleStore } from "../../../services/producer/schedules/schedule-store.ts";
import { memoryDays } from "../../schedules/virtual-days.ts";

const HOUR_MS = 3_600_000;
const SPAN_MS = 30 * HOUR_MS;

/** Random, and printed with what is broken, so that a failure can be repeated. */
const seed = Math.floor(Math.random() * 2 ** 31);

it.each(["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"])(
  "around %s, every time fires once and none is missed, though ticks are lost, doubled, late and killed",
  async (day) => {
    const fromMs = Date.parse(`${day}T00:00:00Z`) - 20 * HOUR_MS;
    const { fired, broken } = await memoryDays({ fromMs, toMs: fromMs + SPAN_MS, seed });
    expect({ seed, broken }).toEqual({ seed, broken: [] });
    expect(fired).toBeGreaterThan(1_000);
  },
);

/** Whatever stands there, a commit is taken for one of the schedule as it was read. */
const unconditional = (store: ScheduleStore): ScheduleStore => ({
  ...store,
  commit: async (change, on, untilMs) => {
    const { byName } = await store.list(untilMs);
    return await store.commit(change, { name: on.name, read: byName.get(on.name) }, untilMs);
  },
});

/** A random world shows a fault only in most of its runs, so the faults are shown in one world where each shows often. */
const KNOWN_SEED = 11;

/** What somebody else has changed meanwhile is left to them, and not looked at again. */
const trusting = (store: ScheduleStore): ScheduleStore => ({
  ...store,
  commit: async (change, on, untilMs) => (await store.commit(change, on, untilMs)) ?? on.read,
});

it.each([
  ["a commit without its condition", unconditional, "a time has fired twice"],
  ["a tick that doesn't look again at what others have changed", trusting, "it is missing"],
])("%s is detected", async (_, wrong, what) => {
  const fromMs = Date.parse("2026-03-28T12:00:00Z");
  const many = { lost: 0.2, doubled: 0.3, delayed: 0.3, killed: 0.02, failed: 0.02, down: 0.01 };
  const { broken } = await memoryDays({ fromMs, toMs: fromMs + 12 * HOUR_MS, seed: KNOWN_SEED, faults: many }, wrong);
  expect(broken).toContainEqual(expect.stringContaining(what));
});
