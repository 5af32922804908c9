import { expect, test } from "vitest";
import { checkRepeats, explainRepeats } from "../../chaos/check/repeats.ts";
import type { HandlerRun, Histories, TaskHistory } from "../../chaos/check/history/histories.ts";
import type { Version } from "../../chaos/check/history/record-versions.ts";
import { FIRST, ID, LEASE_MS, SECOND, claimTask, claimed, historyOf, settled } from "./kept-history.ts";

const FIRST_CLAIM = claimed(1_000, FIRST);
const LEASE_ENDS_AT = 1_000 + LEASE_MS;
const TAKEN_OVER = [FIRST_CLAIM, claimed(LEASE_ENDS_AT, SECOND)];
const recordedAt = (at: number) => [FIRST_CLAIM, settled(at, "waiting", FIRST), claimed(at + 1_500, SECOND)];

const begun: HandlerRun = { run: "first run", taskId: ID, attempt: 1, pid: 1, at: 1_010, fingerprint: "good" };
const done = { ...begun, effectAt: 1_020, endedAt: 1_040, how: "succeeded" };
const second: HandlerRun = { ...begun, run: "second run", attempt: 2, pid: 2, at: LEASE_ENDS_AT + 10 };
const soon: HandlerRun = { ...second, at: 2_600 };

const life = (pid: number, changes: Partial<Histories["lives"][number]>) => [
  { name: `worker-${pid}`, pid, pauses: [], ...changes },
];
const killed = (pid: number, endedAt: number) => life(pid, { endedAt, wasKilled: true });
const hit = (fault: string, at: number, affected: readonly string[] = [ID]) => [{ fault, at, affected: [...affected] }];
const firestoreAway = (endedAt: number, backAt: number) => [
  { name: "firestore", pid: 90, endedAt, pauses: [] },
  { name: "firestore", pid: 91, listenedAt: backAt, pauses: [] },
];

const ANSWERED = [{ pid: 1, hop: 0, sentAt: 990, endedAt: 1_060, status: 503, outcome: "unavailable" }];
/** The queue gave up at once, and delivered again while the handler was running. */
const OVERRUN = [
  { pid: 1, hop: 0, sentAt: 900, endedAt: 905, status: 0, outcome: "caller gave up" },
  { pid: 1, hop: 0, sentAt: 1_005, endedAt: 1_050, status: 409, outcome: "busy" },
];
const UNANSWERED = [{ pid: 1, hop: 0, sentAt: 990, endedAt: 1_060, status: 0, outcome: "lost" }];

interface Case {
  readonly run?: HandlerRun;
  readonly next?: HandlerRun;
  readonly record?: readonly Version[];
  readonly lives?: Histories["lives"];
  readonly faults?: Histories["faults"];
  readonly script?: TaskHistory["script"];
  readonly deliveries?: TaskHistory["deliveries"];
}

const PAUSE = { from: 1_015, until: LEASE_ENDS_AT + 2_000 };

/** Each is a run that ended well but got no response, and whose lease ran out; or how it differs from that. */
const CASES: readonly (readonly [string, string | undefined, Case])[] = [
  ["its process was killed while it ran", "crash", { run: begun, lives: killed(1, 1_030) }],
  ["its process was killed before it was recorded", "crash", { lives: killed(1, 9_000) }],
  ["its process was killed, and only a duplicate answered", "crash", { lives: killed(1, 1_500), deliveries: OVERRUN }],
  ["its process was killed though it had answered", undefined, { lives: killed(1, 9_000), deliveries: ANSWERED }],
  ["its process was killed when the next one ran", undefined, { lives: killed(1, LEASE_ENDS_AT + 500) }],
  ["its process ended by itself", undefined, { run: begun, lives: life(1, { endedAt: 1_030 }) }],
  ["another process was killed", undefined, { run: begun, lives: killed(2, 1_030) }],
  ["it has no end, and its process lives", undefined, { run: begun, lives: life(1, {}) }],
  ["its process stood still past its lease", "pause", { run: begun, lives: life(1, { pauses: [PAUSE] }) }],
  ["its process stood still and never went on", "pause", { run: begun, lives: life(1, { pauses: [{ from: 1_015 }] }) }],
  [
    "its process stood still as it began",
    "pause",
    { run: begun, lives: life(1, { pauses: [{ ...PAUSE, from: 900 }] }) },
  ],
  ["its process stood still as it was recorded", "pause", { lives: life(1, { pauses: [{ ...PAUSE, from: 1_045 }] }) }],
  ["its process stood still later", undefined, { lives: life(1, { pauses: [{ ...PAUSE, from: 8_000 }] }) }],
  ["its process stood still for a moment", undefined, { lives: life(1, { pauses: [{ from: 1_015, until: 4_000 }] }) }],
  ["another process stood still", undefined, { run: begun, lives: life(2, { pauses: [PAUSE] }) }],
  ["it ignored its signal, as it should", "stuck", { script: "slow", run: { ...done, endedAt: LEASE_ENDS_AT + 900 } }],
  ["it ignored its signal, as it should not", undefined, { run: { ...done, endedAt: LEASE_ENDS_AT + 900 } }],
  ["it stopped long before its lease's end", undefined, { script: "slow" }],
  ["its commit was not answered", "completion lost", { faults: hit("commit-hangs", 1_045) }],
  ["its commit was refused", undefined, { faults: hit("commit-before-ABORTED", 1_045) }],
  ["its session was dropped", undefined, { faults: hit("session-dropped", 1_045) }],
  ["another's commit was not answered", undefined, { faults: hit("commit-hangs", 1_045, ["another"]) }],
  ["its commit was not answered before it had ended", undefined, { faults: hit("commit-hangs", 900) }],
  ["Firestore was away", "completion lost", { lives: firestoreAway(900, 2_000) }],
  ["Firestore had been away", undefined, { run: { ...done, endedAt: 8_000 }, lives: firestoreAway(900, 2_000) }],
  ["a delivery was affected", undefined, { faults: hit("answer-lost", 1_045) }],
  ["nothing had happened", undefined, {}],
  ["its lease was not over", undefined, { next: { ...second, at: LEASE_ENDS_AT - 10 }, lives: killed(1, 1_030) }],
  ["it threw", "it failed", { run: { ...begun, endedAt: 1_040, how: "threw" }, next: soon, record: recordedAt(1_045) }],
  ["it had succeeded", undefined, { next: soon, record: recordedAt(1_045) }],
  ["it was still at work when its end was recorded", undefined, { run: begun, next: soon, record: recordedAt(1_045) }],
  [
    "it ended after its end was recorded",
    undefined,
    { run: { ...begun, endedAt: 3_010, how: "stopped" }, next: { ...soon, at: 4_600 }, record: recordedAt(2_900) },
  ],
  [
    "its effect was not answered",
    "effect unanswered",
    { run: { ...begun, endedAt: 1_040, how: "unanswered" }, next: soon, record: recordedAt(1_045) },
  ],
  [
    "its time was up",
    "told to stop",
    { run: { ...begun, endedAt: 3_010, how: "stopped" }, next: { ...soon, at: 4_600 }, record: recordedAt(3_015) },
  ],
  [
    "its process was told to end",
    "told to stop",
    {
      run: { ...begun, endedAt: 1_040, how: "stopped" },
      next: soon,
      record: recordedAt(1_045),
      lives: life(1, { endedAt: 1_500 }),
    },
  ],
  [
    "nobody should have told it to stop",
    undefined,
    { run: { ...begun, endedAt: 1_040, how: "stopped" }, next: soon, record: recordedAt(1_045) },
  ],
];

test.each(CASES)("a repeat because %s is explained as %s", (_, reason, story) => {
  const { run = done, next = second, script = "ok", record = TAKEN_OVER, lives = [], faults = [] } = story;
  const task = claimTask({ runs: [run, next], script, deliveries: story.deliveries ?? UNANSWERED });
  const [repeat] = explainRepeats(historyOf(task, { record, lives, faults }));
  expect(repeat?.reason).toBe(reason);
});

test("an unclaimed repeat explains nothing", () => {
  const task = claimTask({ runs: [{ ...done, attempt: 9 }, second] });
  const lives = killed(1, 1_030);
  expect(explainRepeats(historyOf(task, { record: TAKEN_OVER, lives }))).toMatchObject([{ reason: undefined }]);
});

test("an effect that only the receiver knows about counts", () => {
  const unanswered = { ...begun, endedAt: 1_040, how: "unanswered" };
  const afterEffect = (received: TaskHistory["received"]) =>
    explainRepeats(historyOf(claimTask({ runs: [unanswered, soon], received })))[0]?.afterEffect;
  expect(afterEffect(claimTask().received)).toBe(true);
  expect(afterEffect([])).toBe(false);
});

test("a repeat needs a reason, and after an effect a failure isn't one", () => {
  expect(checkRepeats([{ n: 7, reason: undefined, afterEffect: false }])).toHaveLength(1);
  expect(checkRepeats([{ n: 7, reason: "it failed", afterEffect: true }])).toHaveLength(1);
  expect(checkRepeats([{ n: 7, reason: "it failed", afterEffect: false }])).toEqual([]);
  expect(checkRepeats([{ n: 7, reason: "effect unanswered", afterEffect: true }])).toEqual([]);
});
