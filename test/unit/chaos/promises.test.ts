import { expect, test } from "vitest";
import { checkLogs } from "../../chaos/check/logs.ts";
import { addFigures, countHits } from "../../chaos/check/fault-hits.ts";
import type { HandlerRun, Histories } from "../../chaos/check/history/histories.ts";
import {
  CLAIM_RECORD,
  FIRST,
  ID,
  LEASE_MS,
  SECOND,
  broken,
  claimTask,
  claimed,
  historyOf,
  settled,
  transactionTask,
  version,
} from "./kept-history.ts";

const effect = (count: number, fingerprint = "good") =>
  [["chaosEffects/n7", [version(1_050, { count, fingerprint })]]] as const;
const [claim, success] = CLAIM_RECORD;
const good: HandlerRun = { run: "first run", taskId: ID, attempt: 1, pid: 1, at: 1_010, fingerprint: "good" };

test("tasks that succeed at once keep every promise", () => {
  expect(broken(historyOf(claimTask()))).toEqual([]);
  expect(broken(historyOf(transactionTask(), { record: [success!], documents: effect(1) }))).toEqual([]);
});

test("a success without an effect breaks a promise, whatever the kind", () => {
  const promise = ["what succeeded has had its effect"];
  expect(broken(historyOf(claimTask({ received: [] })))).toEqual(promise);
  const natural = transactionTask({ kind: "natural" });
  expect(broken(historyOf(natural, { record: [] }))).toEqual(promise);
  expect(broken(historyOf(natural, { record: [], documents: effect(1) }))).toEqual([]);
});

test("a record without an end is a lost task", () => {
  const unanswered = claimTask({ deliveries: [] });
  expect(broken(historyOf(unanswered, { record: [claim!] }))).toEqual(["no task is lost"]);
});

test("two ids for one key are one too many", () => {
  const twice = claimTask({ ids: new Set([ID, ID.replace("0", "1")]) });
  expect(broken(historyOf(twice))).toEqual(["one task a key"]);
});

test("an acknowledgement before the end is durable breaks a promise", () => {
  const early = claimTask({
    deliveries: [{ pid: 1, hop: 0, sentAt: 900, endedAt: 950, status: 200, outcome: "done" }],
  });
  expect(broken(historyOf(early))).toEqual(["2xx only when it is durable"]);
});

test("a record that changes after its end breaks a promise", () => {
  const record = [...CLAIM_RECORD, settled(1_200, "waiting", FIRST)];
  expect(broken(historyOf(claimTask(), { record }))).toContain("one terminal state");
});

test("rescheduling may take over a task with an expired lease, and no other", () => {
  const movedAt = (at: number) => {
    const moved = version(at, { state: "waiting", leaseMs: 0, hop: 1, ...SECOND, attempts: 1 });
    const last = { owner: "third", fence: 3, attempts: 2 };
    const record = [claim!, moved, claimed(at + 10, last), settled(at + 50, "succeeded", last)];
    const again: HandlerRun = {
      ...good,
      run: "second run",
      attempt: 2,
      at: at + 20,
      endedAt: at + 40,
      how: "succeeded",
    };
    return broken(historyOf(claimTask({ runs: [{ ...good, how: "threw", endedAt: 1_020 }, again] }), { record }));
  };
  expect(movedAt(1_000 + LEASE_MS - 1)).toContain("records add up");
  expect(movedAt(1_000 + LEASE_MS)).not.toContain("records add up");
});

test("a takeover within the lease makes two live owners, and a later one doesn't", () => {
  const runs = [good, { ...good, attempt: 2, at: 1_000 + LEASE_MS + 100, effectAt: 1, endedAt: 2, how: "succeeded" }];
  const lives = [{ name: "worker-0", pid: 1, endedAt: 1_030, wasKilled: true, pauses: [] }];
  const taken = (at: number) => [claim!, claimed(at, SECOND), settled(at + 500, "succeeded", SECOND)];
  const task = claimTask({ runs, deliveries: [] });
  expect(broken(historyOf(task, { lives, record: taken(1_000 + LEASE_MS - 1) }))).toEqual(["never two live owners"]);
  expect(broken(historyOf(task, { lives, record: taken(1_000 + LEASE_MS) }))).toEqual([]);
});

test("a claim whose fence or attempts don't follow from the previous one is detected", () => {
  const after = 1_000 + LEASE_MS;
  const odd = { ...SECOND, fence: 3 };
  const record = [claim!, claimed(after, odd), settled(after + 10, "succeeded", odd)];
  expect(broken(historyOf(claimTask({ deliveries: [] }), { record }))).toEqual(["records add up"]);
});

test("an end written by another owner is detected", () => {
  const record = [claim!, settled(1_050, "succeeded", { ...FIRST, owner: "second" })];
  expect(broken(historyOf(claimTask(), { record }))).toEqual(["records add up"]);
});

test("a death before the attempts are used up is detected, and so is a missing letter", () => {
  const record = [claim!, settled(1_050, "dead", FIRST)];
  expect(broken(historyOf(claimTask(), { record }))).toEqual(["dead tasks leave letters", "nobody dies early"]);
});

test("a task that can't work doesn't succeed", () => {
  expect(broken(historyOf(claimTask({ script: "poison" })))).toEqual(["what can't work is dead"]);
});

test("a handler call without a claim is detected", () => {
  const record = [claimed(1_030, FIRST), success!];
  const late = claimTask({ runs: claimTask().runs.map((run) => ({ ...run, at: 900 })) });
  expect(broken(historyOf(late, { record }))).toEqual(["no run without a claim"]);
});

test("a handler call that begins after its own lease has expired breaks a promise", () => {
  const late = claimTask({ runs: claimTask().runs.map((run) => ({ ...run, at: 1_000 + LEASE_MS })) });
  expect(broken(historyOf(late, { record: [claim!] }))).toContain("no run begins after its lease");
});

test.each([
  ["saturated", 1, []],
  ["saturated", 0, ["records add up"]],
  ["threw", 0, []],
  ["threw", 1, ["records add up"]],
  ["stopped", 0, []],
  ["stopped", 1, ["records add up"]],
] as const)(
  "a claimed run gets its attempt back only if it was saturated: %s, %i returned",
  (how, takenBack, promises) => {
    const failed = settled(3_020, "waiting", { ...FIRST, attempts: 1 - takenBack });
    const again = { owner: "second", fence: 2, attempts: 2 - takenBack };
    const record = [claim!, failed, claimed(5_000, again), settled(5_050, "succeeded", again)];
    const runs = [
      { ...good, endedAt: 3_015, how },
      {
        ...good,
        run: "second run",
        attempt: again.attempts,
        at: 5_010,
        effectAt: 5_020,
        endedAt: 5_040,
        how: "succeeded",
      },
    ];
    const deliveries = [{ pid: 1, hop: 0, sentAt: 4_990, endedAt: 5_060, status: 200, outcome: "done" }];
    const received = claimTask().received.map((each) => ({ ...each, body: { ...each.body, run: "second run" } }));
    expect(broken(historyOf(claimTask({ runs, deliveries, received }), { record }))).toEqual(promises);
  },
);

test("an unclaimed attempt is counted, unless its dependency was saturated", () => {
  const failed = version(1_050, { state: "waiting", fence: 1, attempts: 0 }, { code: "handler_threw" });
  const end = version(1_060, { state: "succeeded", fence: 2, attempts: 1 });
  const written = { record: [failed, end], documents: effect(1) };
  expect(broken(historyOf(transactionTask(), written))).toEqual(["records add up"]);
  expect(broken(historyOf(transactionTask({ script: "saturated" }), written))).toEqual([]);
});

test("more counted attempts than handler calls of an unclaimed task break a promise", () => {
  const failed = [1, 2].map((attempts) =>
    version(1_050 + attempts, { state: "waiting", fence: attempts, attempts }, { code: "handler_threw" }),
  );
  const end = version(1_060, { state: "succeeded", fence: 3, attempts: 3 });
  const runs = [1, 2, 3].map((attempt) => ({ ...good, attempt, run: `run ${attempt}` }));
  const written = { record: [...failed, end], documents: effect(1) };
  expect(broken(historyOf(transactionTask({ runs }), written))).toEqual([]);
  expect(broken(historyOf(transactionTask({ runs: runs.slice(1) }), written))).toEqual(["no attempt is counted twice"]);
});

test.each([0, 2])("a transaction that succeeded with %i effects breaks a promise", (count) => {
  const histories = historyOf(transactionTask(), { record: [success!], documents: effect(count) });
  expect(broken(histories)).toEqual(["a transaction's effect happens exactly once"]);
});

test("a dead transaction task with an effect breaks a promise", () => {
  const record = [version(1_050, { state: "dead", fence: 1, attempts: 1 }, { code: "chaos_permanent" })];
  const documents = [...effect(1), [`deadLetters/${ID}`, [version(1_050, {})]] as const];
  expect(broken(historyOf(transactionTask({ script: "permanent" }), { record, documents }))).toEqual([
    "a dead transaction has no effect",
  ]);
});

test("an effect that a receiver applies twice breaks a promise", () => {
  const { received } = claimTask();
  expect(broken(historyOf(claimTask({ received: [...received, ...received] })))).toEqual([
    "nothing is doubled for a receiver that knows keys",
  ]);
});

test("a payload other than the requested one is detected wherever it appears", () => {
  const promise = ["the payload is the one asked for"];
  const runs = claimTask().runs.map((run) => ({ ...run, fingerprint: "other" }));
  expect(broken(historyOf(claimTask({ runs })))).toEqual(promise);
  const received = claimTask().received.map((each) => ({ ...each, body: { ...each.body, fingerprint: "other" } }));
  expect(broken(historyOf(claimTask({ received })))).toEqual(promise);
  const written = { record: [success!], documents: effect(1, "other") };
  expect(broken(historyOf(transactionTask(), written))).toEqual(promise);
});

test("secrets and tokens in logs are detected", () => {
  const logs = [
    ["worker-0.log", "all is well: the-secret"],
    ["worker-1.log", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJjaGFvcyJ9.c2ln"],
    ["worker-2.log", "all is well"],
  ] as const;
  expect(broken(historyOf(claimTask(), { logs }))).toEqual(["no payload in a log", "no token in a log"]);
});

test("a fault that occurred too rarely is reported", () => {
  const faults = [{ fault: "kill", at: 1_000, affected: [ID] }];
  expect(broken(historyOf(claimTask(), { faults, hits: 2 }))).toEqual(["every fault hits"]);
  expect(broken(historyOf(claimTask(), { faults, hits: 1 }))).toEqual([]);
});

test("recovery lasts from a fault to the next end of an affected task", () => {
  const faults = [
    { fault: "kill", at: 1_000, affected: [ID, "n7"] },
    { fault: "kill", at: 1_055, affected: [ID] },
  ];
  expect(countHits(historyOf(claimTask(), { faults }))).toEqual([{ fault: "kill", hits: 2, recoveryMs: [50] }]);
});

test("the figures of several rounds are added up by fault", () => {
  const first = [
    { fault: "kill", hits: 2, recoveryMs: [50] },
    { fault: "term", hits: 1, recoveryMs: [] },
  ];
  const more = [{ fault: "kill", hits: 1, recoveryMs: [70, 90] }];
  expect(addFigures(first, more)).toEqual([
    { fault: "kill", hits: 3, recoveryMs: [50, 70, 90] },
    { fault: "term", hits: 1, recoveryMs: [] },
  ]);
});

test("a log that lacks an attempt, repeats one, is gone or quotes the payload breaks a promise", () => {
  const told = (attempt: number, outcome: string, words = "") => ({ attempt, outcome, words });
  const state = (at: number, name: string, attempts: number, log?: readonly ReturnType<typeof told>[]) =>
    version(at, { state: name, owner: "first", fence: 1, attempts }, log ? { log } : {});
  const logsBroken = (...record: Histories["versions"] extends ReadonlyMap<string, infer All> ? All : never) =>
    checkLogs(historyOf(claimTask(), { record })).map(({ promise }) => promise);
  const everyAttempt = ["a log tells of every attempt"];

  expect(
    logsBroken(
      state(1, "running", 1, []),
      state(2, "waiting", 1, [told(1, "threw")]),
      state(3, "waiting", 1, [told(1, "threw"), told(2, "released")]),
      state(4, "running", 3, [told(1, "threw"), told(2, "released"), told(2, "lost")]),
    ),
  ).toEqual([]);
  expect(logsBroken(state(1, "waiting", 1, []))).toEqual(everyAttempt);
  expect(logsBroken(state(1, "waiting", 1, [told(1, "threw"), told(1, "threw")]))).toEqual(everyAttempt);
  expect(logsBroken(state(1, "running", 2, [told(1, "threw")]), state(2, "waiting", 2, [told(2, "threw")]))).toEqual(
    everyAttempt,
  );
  expect(logsBroken(state(1, "running", 1, []), state(2, "waiting", 1))).toEqual(everyAttempt);
  expect(logsBroken(state(1, "waiting", 1, [told(1, "threw", "Error: the-secret")]))).toEqual([
    "no payload in a record's log",
  ]);
});
