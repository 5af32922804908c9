import type { Schedules } from "../../../shared/contract/registry.ts";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import { newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { decideTick, isLate } from "./decide-tick.ts";
import type { ScheduleChange } from "./schedule-state.ts";
import type { ReadSchedule, ScheduleStore } from "./schedule-store.ts";

/** How many schedules are handled at once. */
const CONCURRENCY = 20;
/** How often a tick rereads schedules that something else changed. Each time, another change was committed. */
const MAX_ROUNDS = 5;

/** The dependencies of a tick. */
export interface ScheduleRunner {
  readonly schedules: Schedules;
  readonly store: ScheduleStore;
  /** The names of schedules that this stack doesn't run. */
  readonly off: ReadonlySet<string>;
  /** Puts a task that was just committed into its queue. It never rejects; the sweep relays what it misses. */
  readonly relay: (entryId: string, untilMs: number) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The result of a tick for the schedules. */
export interface Fired {
  /** Tasks that were created. */
  fired: number;
  /** Schedules that start from now. */
  started: number;
  turnedOff: number;
  /** How many times a schedule was reread because something else had fired or changed it. */
  changed: number;
  /** Schedules for which the database failed or time ran out. The next tick fires them. */
  failed: number;
  /** Schedules whose last firing is still older than two of their periods. */
  late: number;
}

const COUNTED = { fire: "fired", start: "started", turnOff: "turnedOff" } as const;

/**
 * Fires every schedule that is due. Concurrent and repeated ticks are harmless: each change is conditional on the
 * schedule as it was read, and commits the task that it creates.
 *
 *     read ──▶ decide ──▶ commit ──▶ relay
 *      ▲                    │
 *      └── not as it was read: an older tick may have fired an earlier time, and this one is still to fire
 *
 * @param untilMs when to stop, in milliseconds since the epoch.
 * @throws RecordStoreError when the schedules can't be read.
 */
export async function fireSchedules(runner: ScheduleRunner, untilMs: number): Promise<Fired> {
  const fired: Fired = { fired: 0, started: 0, turnedOff: 0, changed: 0, failed: 0, late: 0 };
  const relays: Promise<unknown>[] = [];
  try {
    await fireInRounds(runner, untilMs, { fired, relays });
  } finally {
    await Promise.all(relays);
  }
  return fired;
}

async function fireInRounds(
  runner: ScheduleRunner,
  untilMs: number,
  { fired, relays }: Pick<Tick, "fired" | "relays">,
): Promise<void> {
  let pending: ReadonlySet<string> | undefined;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const { nowMs, byName } = await runner.store.list(untilMs);
    const changed = new Set<string>();
    const tick: Tick = { runner, untilMs, nowMs, fired, relays };
    const names = pending ?? new Set([...runner.schedules.keys(), ...byName.keys()]);
    await forEachConcurrently([...names], CONCURRENCY, async (name) => {
      if (!(await lookAfter(name, byName.get(name), tick))) changed.add(name);
    });
    fired.changed += changed.size;
    pending = changed;
    if (changed.size === 0) return;
  }
  fired.failed += pending?.size ?? 0;
}

interface Tick {
  readonly runner: ScheduleRunner;
  readonly untilMs: number;
  readonly nowMs: number;
  readonly fired: Fired;
  readonly relays: Promise<unknown>[];
}

/** Handles one schedule. False if something else has changed it since it was read. */
async function lookAfter(name: string, read: ReadSchedule | undefined, tick: Tick): Promise<boolean> {
  const { runner, nowMs, fired } = tick;
  const schedule = runner.schedules.get(name);
  const now = { nowMs, isOff: runner.off.has(name) };
  let last = read;
  for (const change of decideTick(schedule, read?.state ?? null, now)) {
    const next = await commit(change, { name, read: last }, tick);
    if (next === "changed") return false;
    if (next === "failed") {
      fired.failed++;
      break;
    }
    last = next;
    count(change, name, tick);
  }
  if (schedule && last && isLate(schedule, last.state, now)) fired.late++;
  return true;
}

async function commit(
  change: ScheduleChange,
  on: { readonly name: string; readonly read: ReadSchedule | undefined },
  { runner: { store, clock, log }, untilMs }: Tick,
): Promise<ReadSchedule | "changed" | "failed"> {
  if (clock.now() >= untilMs) return "failed";
  try {
    return (await store.commit(change, on, untilMs)) ?? "changed";
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    log.warn({ ...errorFields(error), schedule: on.name }, "a schedule could not be changed");
    return "failed";
  }
}

function count(change: ScheduleChange, name: string, { runner, untilMs, fired, relays }: Tick): void {
  const { log, relay } = runner;
  if (change.kind === "pause" || change.kind === "resume") return;
  fired[COUNTED[change.kind]]++;
  if (change.kind !== "fire") {
    log.info({ schedule: name, change: change.kind }, "a schedule has changed");
    return;
  }
  const { entry, payloadHash } = change.task;
  const { taskId } = entry;
  log.info({ schedule: name, taskId, dueAt: new Date(change.dueAtMs).toISOString() }, "a schedule has fired");
  relays.push(relay(newTaskEntryId(taskId, payloadHash), untilMs));
}
