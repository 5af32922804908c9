import { expect, it } from "vitest";
import { decideTick } from "../../../services/producer/schedules/decide-tick.ts";
import { updateOf } from "../../../services/producer/schedules/schedule-state.ts";
import { type Decisions, NEW_WORLD, RIGHT, STEPS, type ScheduleWorld, type Step, afterStep } from "./schedule-world.ts";

const DEPTH = 8;

/** Every sequence of steps up to a length, as far as it leads to a world that is new; the first that breaks anything. */
function explore(decisions: Decisions, depth: number): { readonly broken: readonly string[]; readonly worlds: number } {
  let worlds = 0;
  for (const catchUp of [false, true]) {
    let level = new Map<string, { readonly world: ScheduleWorld; readonly path: readonly Step[] }>([
      ["", { world: NEW_WORLD, path: [] }],
    ]);
    const seen = new Set<string>();
    for (let length = 1; length <= depth; length++) {
      const next: typeof level = new Map();
      for (const { world, path } of level.values()) {
        for (const step of STEPS) {
          const after = afterStep(world, step, { decisions, catchUp });
          if (!after) continue;
          const taken = [...path, step];
          const broken = after.broken.map((what) => `${what}: ${taken.join(", ")}`);
          if (broken.length > 0) return { broken, worlds };
          const key = keyOf(after.world);
          if (seen.has(key)) continue;
          seen.add(key);
          next.set(key, { world: after.world, path: taken });
        }
      }
      level = next;
    }
    worlds += seen.size;
  }
  return { broken: [], worlds };
}

function keyOf({ stored, ticks, ...rest }: ScheduleWorld): string {
  const open = ticks.map((tick) => tick && [tick.nowMs, tick.version, ...tick.changes.map(wordOf)]);
  return JSON.stringify([stored, open, rest]);
}

const wordOf = (change: Parameters<typeof updateOf>[0]) =>
  change.kind === "fire" ? change.dueAtMs : change.kind === "start" ? change.cron : change.kind;

it(`no ${DEPTH} steps of two ticks, an operator and deployments break a promise`, () => {
  const { broken, worlds } = explore(RIGHT, DEPTH);
  expect(broken).toEqual([]);
  expect(worlds).toBeGreaterThan(10_000);
});

it.each<[string, Partial<Decisions>, RegExp]>([
  ["commits have no condition", { isConditional: false }, /fires twice|paused schedule fires|is missed/],
  ["a tick doesn't look again", { looksAgain: false }, /is missed/],
  [
    "a firing isn't remembered",
    { update: (change) => (change.kind === "fire" ? {} : updateOf(change)) },
    /fires twice/,
  ],
  [
    "a schedule that is resumed counts from before",
    { update: (change) => (change.kind === "resume" ? { isPaused: false } : updateOf(change)) },
    /before the schedule counts/,
  ],
  [
    "a schedule that changes counts from before",
    {
      update: (change) => {
        const { startsNow: _, ...update } = updateOf(change);
        return change.kind === "start" ? update : updateOf(change);
      },
    },
    /before the schedule counts/,
  ],
  [
    "a paused schedule is taken for another",
    { decide: (schedule, state, now) => decideTick(schedule, state && { ...state, isPaused: false }, now) },
    /paused schedule fires/,
  ],
  [
    "a time that comes is fired early",
    { decide: (schedule, state, now) => decideTick(schedule, state, { ...now, nowMs: now.nowMs + 60_000 }) },
    /fires early/,
  ],
])("a wrong build is found out: %s", (_, wrong, what) => {
  const { broken } = explore({ ...RIGHT, ...wrong }, 8);
  expect(broken.join("\n")).toMatch(what);
});
