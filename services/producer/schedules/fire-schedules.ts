import type { Schedules } from "../../../shared/contract/registry.ts";
import { atOnce } from "../../../shared/outbox/at-once.ts";
import { newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { decideTick, isLate } from "./decide-tick.ts";
import type { ScheduleChange } from "./schedule-state.ts";
import type { ReadSchedule, ScheduleStore } from "./schedule-store.ts";

/** How many schedules are looked after at once. */
const AT_ONCE = 20;

/** What fires schedules. */
export interface ScheduleRunner {
  readonly schedules: Schedules;
  readonly store: ScheduleStore;
  /** The names of schedules that this stack doesn't run. */
  readonly off: ReadonlySet<string>;
  /** Puts a task that was just committed into its queue. It never rejects; the sweep relays what is left. */
  readonly relay: (entryId: string, untilMs: number) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a tick did about schedules. */
export interface Fired {
  /** Tasks that were made. */
  fired: number;
  /** Schedules that start from now. */
  started: number;
  turnedOff: number;
  /** Schedules that somebody else fired or changed meanwhile. */
  changed: number;
  /** Schedules that the database failed for. The next tick fires them. */
  failed: number;
  /** Schedules whose last firing is older than two of their periods, after all this. */
  late: number;
  /** Whether the tick came to every schedule. */
  isComplete: boolean;
}

const COUNTED = { fire: "fired", start: "started", turnOff: "turnedOff" } as const;

/**
 * Fires every schedule that is due. Two ticks at once, and one that is repeated, are harmless: each change is conditional on
 * the schedule as it was read, and commits the task that it makes.
 *
 *     read ──▶ decide ──▶ commit ──▶ relay
 *                           └─ not as it was read: somebody else's tick has fired it, or the next one will
 *
 * @param untilMs when to stop, in milliseconds since the epoch.
 * @throws RecordStoreError when the schedules can't be read.
 */
export async function fireSchedules(runner: ScheduleRunner, untilMs: number): Promise<Fired> {
  const fired: Fired = { fired: 0, started: 0, turnedOff: 0, changed: 0, failed: 0, late: 0, isComplete: true };
  const { nowMs, byName } = await runner.store.list(untilMs);
  const relays: Promise<unknown>[] = [];
  const tick: Tick = { runner, untilMs, nowMs, fired, relays };
  const names = [...new Set([...runner.schedules.keys(), ...byName.keys()])];
  await atOnce(names, AT_ONCE, (name) => lookAfter(name, byName.get(name), tick));
  await Promise.all(relays);
  return fired;
}

interface Tick {
  readonly runner: ScheduleRunner;
  readonly untilMs: number;
  readonly nowMs: number;
  readonly fired: Fired;
  readonly relays: Promise<unknown>[];
}

async function lookAfter(name: string, read: ReadSchedule | undefined, tick: Tick): Promise<void> {
  const { runner, nowMs, fired } = tick;
  const schedule = runner.schedules.get(name);
  const now = { nowMs, isOff: runner.off.has(name) };
  const last = await changeAll(decideTick(schedule, read?.state ?? null, now), { name, read, tick });
  if (schedule && last && isLate(schedule, last.state, now)) fired.late++;
}

/** Commits changes one after another, until one can't be. Resolves with what is remembered then, as far as it is known. */
async function changeAll(
  changes: readonly ScheduleChange[],
  { name, read, tick }: { readonly name: string; readonly read: ReadSchedule | undefined; readonly tick: Tick },
): Promise<ReadSchedule | undefined> {
  const { runner, untilMs, fired } = tick;
  let last = read;
  for (const change of changes) {
    if (runner.clock.now() >= untilMs) {
      fired.isComplete = false;
      return last;
    }
    try {
      const next = await runner.store.commit(change, { name, read: last }, untilMs);
      if (!next) {
        fired.changed++;
        // Whoever was first looks whether it is late.
        return undefined;
      }
      last = next;
    } catch (error) {
      if (!(error instanceof RecordStoreError)) throw error;
      runner.log.warn({ ...errorFields(error), schedule: name }, "a schedule could not be changed");
      fired.failed++;
      return last;
    }
    count(change, name, tick);
  }
  return last;
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
