import type { BrokenPromise } from "./broken-promise.ts";
import type { Histories } from "./history/histories.ts";
import type { Version } from "./history/record-versions.ts";

const MINUTE_MS = 60_000;
/** What fired so shortly before the end may not have run. */
const LAST_MS = 90_000;
const COLLECTION = "taskSchedules/";

/** Each minute fires once, its task runs, and a schedule that makes up for what it missed misses none. */
export function checkSchedules(histories: Histories): BrokenPromise[] {
  const { versions, run } = histories;
  return [...versions].flatMap(([path, all]) => {
    if (!path.startsWith(COLLECTION)) return [];
    const name = path.slice(COLLECTION.length);
    const fired = firingsOf(all);
    const broken: BrokenPromise[] = [];
    const must = (holds: boolean, promise: string, what: string): void =>
      void (holds || broken.push({ promise, what: `${name}: ${what}` }));
    for (const [index, { dueMs, taskId, at }] of fired.entries()) {
      const before = fired[index - 1];
      const minute = new Date(dueMs).toISOString();
      must(dueMs > (before?.dueMs ?? 0), "a schedule fires once each time", `${minute} after a later one, or again`);
      must(dueMs % MINUTE_MS === 0 && dueMs <= at, "a schedule fires when it is due", `${minute} at ${at}`);
      const isNext = !before || dueMs === before.dueMs + MINUTE_MS;
      must(name !== "catches-up" || isNext, "a schedule makes up for what it missed", `none before ${minute}`);
      const states = versions.get(`taskRecords/${taskId}`)?.map((version) => version.text("state"));
      const mayBeOpen = at > run.endedMs - LAST_MS;
      must(mayBeOpen || states?.at(-1) === "succeeded", "what a schedule enqueues runs", `${taskId} ${minute}`);
    }
    const startedMs = all.map((version) => version.time("startedAt") ?? Infinity)[0] ?? Infinity;
    const isLongEnough = run.endedMs - startedMs > MINUTE_MS + LAST_MS;
    must(!isLongEnough || fired.length > 0, "a schedule fires when it is due", "never");
    return broken;
  });
}

interface Firing {
  readonly dueMs: number;
  readonly taskId: string;
  readonly at: number;
}

/** Every commit that fired: nothing else is committed while a schedule neither starts nor changes. */
function firingsOf(versions: readonly Version[]): Firing[] {
  return versions.flatMap((version) => {
    const dueMs = version.time("lastFiredAt");
    return dueMs === undefined ? [] : [{ dueMs, taskId: version.text("lastTaskId") ?? "", at: version.at }];
  });
}
