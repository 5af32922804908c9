import { describe, expect, it } from "vitest";
import type { Task } from "../../../packages/client/src/views/task.ts";
import { whatNext } from "../../../services/console/pages/tasks/what-next.ts";

const NOW_MS = Date.UTC(2030, 0, 31, 8);
const inSeconds = (seconds: number): string => new Date(NOW_MS + seconds * 1_000).toISOString();

const WAITING: Task = {
  id: `${"a".repeat(32)}-default`,
  queue: "default",
  state: "waiting",
  attempts: 2,
  nextAttempt: inSeconds(12),
  nextRule: "queue",
  links: { self: "/v1/tasks/a" },
};
const TYPE = { attempts: 15, timeoutMs: 30_000, backoff: { firstMs: 1_000, factor: 5, maxMs: 60_000 } };
const QUEUE = {
  key: "default",
  state: "running",
  depth: 1_234,
  effectiveRate: 500,
  configuredRate: { maxDispatchesPerSecond: 500, maxConcurrentDispatches: 1_000 },
} as const;

type Surroundings = Omit<Parameters<typeof whatNext>[1], "nowMs">;

/** The sentences, with the time in brackets. */
function tell(over: Partial<Task>, on: Surroundings = {}): string {
  const { lead, at, why, more } = whatNext({ ...WAITING, ...over }, { nowMs: NOW_MS, ...on });
  return `${lead}${at === undefined ? "" : ` [${at}]`}${why === undefined ? "" : `: ${why}.`} ${more.join(" ")}`.trim();
}

describe("the rule that set the time of the next attempt", () => {
  it.each([
    ["queue", "its queue waits longer after each delivery that fails."],
    ["schedule", "it was enqueued for that time."],
    ["run", "somebody rescheduled it to that time."],
    ["retry-after", "its handler asked for that time when the last attempt failed."],
    ["snooze", "its handler postponed it until then, and that attempt doesn't count."],
    ["later-rule", 'the rule "later-rule" set that time, which this console doesn\'t know.'],
  ])("is shown for %s", (nextRule, why) => {
    expect(tell({ nextRule })).toBe(`The next attempt is due [${inSeconds(12)}]: ${why}`);
  });

  it("is the type's backoff, in figures", () => {
    expect(tell({ nextRule: "backoff" }, { type: TYPE })).toContain(
      "its type waits 1 s after the first failure and 5 times longer after each further one, at most 1 min.",
    );
    const steady = { ...TYPE, backoff: { firstMs: 2_000, factor: 1, maxMs: 60_000 } };
    expect(tell({ nextRule: "backoff" }, { type: steady })).toContain("its type waits 2 s after each failure.");
    expect(tell({ nextRule: "backoff" })).toContain("its type says how long to wait after each failure.");
  });

  it("is the queue's turn before the first attempt", () => {
    const text = tell({ state: "queued", attempts: 0, nextAttempt: inSeconds(0) });
    expect(text).toBe("The first attempt is due now: its queue delivers it as soon as it can.");
  });
});

describe("the queue", () => {
  it("is reported as paused or disabled, whenever the attempt is due", () => {
    expect(tell({}, { queue: { ...QUEUE, state: "paused" } })).toContain("The queue default is paused");
    expect(tell({}, { queue: { ...QUEUE, state: "disabled" } })).toContain("The queue default is disabled");
  });

  it("explains an attempt that is late", () => {
    expect(tell({ nextAttempt: inSeconds(-60) }, { queue: QUEUE })).toBe(
      `The next attempt was due [${inSeconds(-60)}]: its queue waits longer after each delivery that fails. ` +
        "The queue default holds 1,234, and delivers up to 500/s.",
    );
    const slowed = { ...QUEUE, effectiveRate: 20 };
    expect(tell({ nextAttempt: inSeconds(-60) }, { queue: slowed })).toContain(
      "delivers up to 20/s, since Cloud Tasks has slowed it down from 500/s.",
    );
  });

  it("isn't mentioned while the attempt isn't due", () => {
    expect(tell({}, { queue: QUEUE })).not.toContain("holds");
  });
});

it("says that an attempt is the last one", () => {
  expect(tell({ attempts: 14 }, { type: TYPE })).toContain(
    "It is the last one: if it fails, the task becomes a dead letter.",
  );
  expect(tell({ attempts: 13 }, { type: TYPE })).not.toContain("last one");
});

it("says that the time is unknown if it is", () => {
  const { nextAttempt: _, ...task } = WAITING;
  expect(whatNext(task, { nowMs: NOW_MS }).lead).toBe("When the next attempt is due isn't known just now.");
});

it.each([
  [{ state: "running" }, "Attempt 2 of at most 15 is running. Its handler may take 30 s."],
  [
    { state: "running", cancelRequested: true },
    "Attempt 2 of at most 15 is running. Its handler may take 30 s. " +
      "Somebody has cancelled the task: unless this attempt succeeds, the task ends with it.",
  ],
  [{ state: "running", attempts: 0 }, "An attempt is running. Its handler may take 30 s."],
  [{ state: "succeeded" }, "It is done, and won't run again."],
  [{ state: "cancelled" }, "Somebody cancelled it before it was done."],
  [
    { state: "finished" },
    "It has left its queue. Tasks of natural types keep no record: they leave when they have succeeded.",
  ],
  [
    { state: "removed" },
    "It was taken out of its queue before it was done, by a purge or by hand. Its payload is gone: enqueue it again to have it done.",
  ],
] as const)("says of %j what has become of it", (over, text) => {
  expect(tell(over, { type: TYPE })).toBe(text);
});

it.each([
  [{ attemptLog: [{ attempt: 2, outcome: "permanent" }] }, "its handler said that another attempt would not help."],
  [{ attemptLog: [{ attempt: 2, outcome: "unknown-type" }] }, "It was given up: no worker knew its type."],
  [{ attempts: 15 }, "It was given up after 15 attempts, which is all that its type allows."],
  [{ attempts: 1 }, "It was given up after 1 attempt."],
])("says why a task with %j wasn't retried", (over, text) => {
  const told = tell({ state: "dead", ...over }, { type: TYPE });
  expect(told).toContain(text);
  expect(told).toContain("It is kept as a dead letter, which an operator can replay.");
});
