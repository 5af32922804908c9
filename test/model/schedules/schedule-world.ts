import * as z from "zod";
import { decideTick } from "../../../services/producer/schedules/decide-tick.ts";
import {
  NEW_STATE,
  type ScheduleChange,
  type ScheduleState,
  updateOf,
} from "../../../services/producer/schedules/schedule-state.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { type Schedule, defineSchedule } from "../../../shared/schedules/schedule.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 1);

const task = defineTask({
  type: "model.tick",
  payload: z.strictObject({}),
  queue: "default",
  timeoutMs: 1_000,
  attempts: 3,
});
const common = { name: "model", timeZone: "Etc/UTC", task, payload: {} };

/** The definitions that the steps change between: each minute, and each even one. */
const DEFINITIONS = [false, true].map((catchUp) =>
  ["* * * * *", "*/2 * * * *"].map((cron) => defineSchedule({ ...common, cron, catchUp })),
);

/** A tick between two of its calls. */
interface OpenTick {
  readonly nowMs: number;
  readonly version: number;
  readonly changes: readonly ScheduleChange[];
}

/** Everything there is: what is stored, what has fired, two ticks, and the revision that runs. */
export interface ScheduleWorld {
  readonly nowMs: number;
  readonly stored: { readonly state: ScheduleState; readonly version: number } | null;
  readonly fired: readonly number[];
  /** Since when its times count, whatever is stored of that. */
  readonly sinceMs: number;
  readonly ticks: readonly (OpenTick | null)[];
  readonly definition: number;
  readonly isOff: boolean;
}

/** What decides. Wrong ones must be found out. */
export interface Decisions {
  readonly decide: typeof decideTick;
  readonly update: typeof updateOf;
  /** Whether a commit is conditional on the version that was read. */
  readonly isConditional: boolean;
  /** Whether a tick looks again at what another has changed. */
  readonly looksAgain: boolean;
}

export const RIGHT: Decisions = { decide: decideTick, update: updateOf, isConditional: true, looksAgain: true };

export const NEW_WORLD: ScheduleWorld = {
  nowMs: START_MS + 1,
  stored: null,
  fired: [],
  sinceMs: Number.POSITIVE_INFINITY,
  ticks: [null, null],
  definition: 0,
  isOff: false,
};

export const STEPS = [
  "a minute",
  "three minutes",
  "read 0",
  "read 1",
  "commit 0",
  "commit 1",
  "commit 1, unheard",
  "die 0",
  "pause",
  "resume",
  "redefine",
  "switch",
] as const;
export type Step = (typeof STEPS)[number];

/** The world after a step, and what that violates. Null if it can't happen now. */
export function afterStep(
  world: ScheduleWorld,
  step: Step,
  on: { readonly decisions: Decisions; readonly catchUp: boolean },
): { readonly world: ScheduleWorld; readonly broken: readonly string[] } | null {
  const { nowMs } = world;
  const fine = (changes: Partial<ScheduleWorld>) => ({ world: { ...world, ...changes }, broken: [] });
  switch (step) {
    case "a minute":
      return fine({ nowMs: nowMs + MINUTE_MS });
    case "three minutes":
      return fine({ nowMs: nowMs + 3 * MINUTE_MS });
    case "read 0":
    case "read 1":
      return read(world, indexOf(step), on);
    case "commit 0":
    case "commit 1":
      return commitNext(world, indexOf(step), { ...on, isHeard: true });
    case "commit 1, unheard":
      return commitNext(world, 1, { ...on, isHeard: false });
    case "die 0":
      return world.ticks[0] ? fine({ ticks: [null, world.ticks[1] ?? null] }) : null;
    case "pause":
    case "resume": {
      const isPaused = step === "pause";
      if (!world.stored || world.stored.state.isPaused === isPaused) return null;
      const stored = storedAfter({ kind: step }, world, on.decisions);
      return fine(isPaused ? { stored } : { stored, sinceMs: nowMs });
    }
    case "redefine":
      return fine({ definition: 1 - world.definition });
    case "switch":
      return fine({ isOff: !world.isOff });
  }
}

const indexOf = (step: string): number => Number(step.at(-1));

function scheduleIn({ definition }: ScheduleWorld, catchUp: boolean): Schedule {
  const schedule = DEFINITIONS[catchUp ? 1 : 0]?.[definition];
  if (!schedule) throw new Error("There are two definitions.");
  return schedule;
}

type On = Parameters<typeof afterStep>[2];

function read(world: ScheduleWorld, index: number, { decisions, catchUp }: On) {
  if (world.ticks[index]) return null;
  const { nowMs, stored, isOff } = world;
  const changes = decisions.decide(scheduleIn(world, catchUp), stored?.state ?? null, { nowMs, isOff });
  if (changes.length === 0) return { world, broken: missedBy(world, nowMs, catchUp) };
  const tick = { nowMs, version: stored?.version ?? 0, changes };
  return { world: { ...world, ticks: world.ticks.with(index, tick) }, broken: [] };
}

function commitNext(world: ScheduleWorld, index: number, on: On & { readonly isHeard: boolean }) {
  const tick = world.ticks[index];
  const [change, ...rest] = tick?.changes ?? [];
  if (!tick || !change) return null;
  const { decisions, catchUp, isHeard } = on;
  const closed = { ...world, ticks: world.ticks.with(index, null) };
  if (decisions.isConditional && (world.stored?.version ?? 0) !== tick.version) {
    if (!isHeard) return null;
    // It looks again: the reading is a step of its own.
    return { world: closed, broken: decisions.looksAgain ? [] : missedBy(world, tick.nowMs, catchUp) };
  }
  const stored = storedAfter(change, world, decisions);
  const broken = change.kind === "fire" ? brokenBy(change.dueAtMs, world) : [];
  const fired = change.kind === "fire" ? [...world.fired, change.dueAtMs] : world.fired;
  const sinceMs = change.kind === "start" ? world.nowMs : world.sinceMs;
  const after = { ...closed, stored, fired, sinceMs };
  if (!isHeard) return { world: after, broken };
  if (rest.length === 0) return { world: after, broken: [...broken, ...missedBy(after, tick.nowMs, catchUp)] };
  const next = { ...tick, version: stored.version, changes: rest };
  return { world: { ...after, ticks: world.ticks.with(index, next) }, broken };
}

function storedAfter(change: ScheduleChange, { stored, nowMs }: ScheduleWorld, { update }: Decisions) {
  const { startsNow, ...fields } = update(change);
  const before = stored?.state ?? { ...NEW_STATE, cron: "", timeZone: "", startedAtMs: nowMs };
  const state: ScheduleState = { ...before, ...fields, ...(startsNow ? { startedAtMs: nowMs } : {}) };
  return { state, version: (stored?.version ?? 0) + 1 };
}

/** What is wrong with a time that fires now. */
function brokenBy(dueAtMs: number, { stored, fired, sinceMs, nowMs }: ScheduleWorld): string[] {
  const { isPaused, isOff } = stored?.state ?? { isPaused: false, isOff: false };
  return [
    ...(fired.includes(dueAtMs) ? ["a time fires twice"] : []),
    ...(isPaused ? ["a paused schedule fires"] : []),
    ...(isOff ? ["a schedule fires that is off"] : []),
    ...(dueAtMs <= sinceMs ? ["a time fires from before the schedule counts"] : []),
    ...(dueAtMs > nowMs ? ["a time fires early"] : []),
  ];
}

/** What a tick that comes to its end has missed of what was due when it looked. */
function missedBy(world: ScheduleWorld, lookedMs: number, catchUp: boolean): string[] {
  const { stored, fired, isOff, sinceMs } = world;
  const state = stored?.state;
  const schedule = scheduleIn(world, catchUp);
  const isRunning = state && !state.isPaused && !state.isOff && !isOff && state.cron === schedule.cron;
  if (!isRunning) return [];
  const due: number[] = [];
  for (let at = schedule.timing.next(sinceMs); at !== undefined && at <= lookedMs;) {
    due.push(at);
    at = schedule.timing.next(at);
  }
  const promised = catchUp ? due : due.slice(-1);
  return promised.some((at) => !fired.includes(at)) ? ["a time is missed that was due"] : [];
}
