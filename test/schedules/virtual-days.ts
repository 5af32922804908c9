import { seeded } from "../../packages/emulators/test/contract/firestore/support/seeded.ts";
import type { ScheduleStore } from "../../services/producer/schedules/schedule-store.ts";
import { memorySchedules } from "../harness/schedules/memory-schedules.ts";
import { dueByHand } from "./hand-clock.ts";
import { brokenBy } from "./promises.ts";
import { THIRTY_SCHEDULES } from "./thirty-schedules.ts";
import { FAULTS, type TickFaults, tickThrough } from "./ticks.ts";

/** What a span came to. */
export interface Days {
  readonly fired: number;
  readonly ticks: number;
  readonly broken: readonly string[];
}

/**
 * Thirty schedules over a span, against a store in memory, while ticks are lost, doubled, delayed and killed.
 *
 * @param wrong what a broken build makes of the store. Default: nothing.
 */
export async function memoryDays(
  span: { readonly fromMs: number; readonly toMs: number; readonly seed: number; readonly faults?: TickFaults },
  wrong: (store: ScheduleStore) => ScheduleStore = (store) => store,
): Promise<Days> {
  const { fromMs, toMs, seed, faults = FAULTS } = span;
  let nowMs = fromMs;
  const clock = { now: () => nowMs, advance: (ms: number) => void (nowMs += ms) };
  const store = memorySchedules(clock.now);
  const ticking = { schedules: THIRTY_SCHEDULES, clock, random: seeded(seed), faults, relay: async () => undefined };
  const ticked = await tickThrough({ toMs }, { ...ticking, store: wrong(store) });
  const { byName } = await store.list(0);
  const firedBy = Map.groupBy(store.firings, ({ name }) => name);
  const broken = [...THIRTY_SCHEDULES.values()].flatMap((schedule) => {
    const startedAtMs = byName.get(schedule.name)?.state.startedAtMs ?? Infinity;
    const fired = (firedBy.get(schedule.name) ?? []).map(({ dueAtMs }) => dueAtMs);
    return brokenBy({ schedule, startedAtMs, fired, due: dueByHand(schedule, { fromMs, toMs }) }, ticked);
  });
  return { fired: store.firings.length, ticks: ticked.looks.length, broken };
}
