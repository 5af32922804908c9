import type { Schedule } from "../../shared/schedules/schedule.ts";
import type { Ticked } from "./ticks.ts";

const MAX_CAUGHT_UP = 100;

/** What became of a schedule: the times that fired, as often as they did, and since when it counts. */
export interface ScheduleHistory {
  readonly schedule: Schedule;
  readonly startedAtMs: number;
  readonly fired: readonly number[];
  /** When it was due, by hand. */
  readonly due: readonly number[];
}

/** What a schedule's history violates: each time once, none that wasn't due, none missed that the rules promise. */
export function brokenBy({ schedule, startedAtMs, fired, due }: ScheduleHistory, { done, looks }: Ticked): string[] {
  const { name, catchUp } = schedule;
  const broken: string[] = [];
  const must = (holds: boolean, what: string, atMs: number): void =>
    void (holds || broken.push(`${what}: ${name}, ${new Date(atMs).toISOString()}`));
  const counted = due.filter((at) => at > startedAtMs);
  const isDue = new Set(counted);
  const made = new Set(fired);
  const good = done.filter(({ failed }) => !failed.has(name)).flatMap(({ lookedMs }) => lookedMs.get(name) ?? []);
  const ticks = good.toSorted((a, b) => a - b);
  const seen = looks.toSorted((a, b) => a - b);

  must(made.size === fired.length, "a time has fired twice", fired[0] ?? 0);
  for (const at of made) must(isDue.has(at), "it wasn't due", at);
  let tick = 0;
  let look = 0;
  for (const [index, at] of counted.entries()) {
    while ((ticks[tick] ?? Infinity) < at) tick++;
    while ((seen[look] ?? Infinity) < at) look++;
    const tickMs = ticks[tick];
    const nextMs = counted[index + 1] ?? Infinity;
    const isLatest = tickMs !== undefined && tickMs < nextMs;
    // Fewer than a hundred times were due since, when a tick that came to its end looked.
    const isCaughtUp = catchUp && tickMs !== undefined && (counted[index + MAX_CAUGHT_UP] ?? Infinity) > tickMs;
    if (isLatest || isCaughtUp) must(made.has(at), "it is missing", at);
    else if (!catchUp && made.has(at)) must((seen[look] ?? Infinity) < nextMs, "a later time was due by then", at);
  }
  return broken;
}
