import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { TASK_OUTBOX } from "../../../shared/outbox/entry.ts";
import { CANARIES } from "../../../shared/tasks/canary.ts";
import { publishDocument } from "../../../shared/tasks/document-publish.ts";
import { ofEachKind, ofEveryKind } from "./each-case.ts";
import { FAILING_TASKS } from "./failing-tasks.ts";
import { seal, startWorkers } from "./workers.ts";

/** What an envelope may hold besides what today's revision knows. */
const LATER_FIELDS = { parentId: "a-task", laterField: { deep: [1, { deeper: null }] } };

const HOUR_MS = 3_600_000;
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

test("a task of a later revision runs on its first hop, up to a second before its time", async (context) => {
  const { deliver } = await startWorkers(context, ["today"]);
  const laterEnvelopes = [
    () => LATER_FIELDS,
    () => ({ hop: 0, hopAt: inMs(0) }),
    () => ({ notBefore: inMs(-HOUR_MS) }),
    () => ({ hop: 0, notBefore: inMs(900), ...LATER_FIELDS }),
  ];

  for (const canary of CANARIES) {
    const endings: string[] = [];
    for (const fields of laterEnvelopes) {
      endings.push(await deliver("today", { ...seal(canary, { sentAt: inMs(0) }), ...fields() }));
    }
    expect(endings).toEqual(laterEnvelopes.map(() => "200 done"));
  }
});

test("a later hop runs, and an early task is rescheduled, whatever else their envelopes contain", async (context) => {
  const workers = await startWorkers(context, ["today"]);

  const results = await ofEachKind(async (kind) => {
    const { task, mend, effects } = FAILING_TASKS[kind](workers);
    await mend();
    const early = { ...task, hop: 2, notBefore: inMs(HOUR_MS), ...LATER_FIELDS };
    const endings = [
      await workers.deliver("today", early, { name: `${task.id}-h2` }),
      await workers.deliver("today", early, { name: `${task.id}-h2`, retryCount: 1 }),
    ];
    expect(await effects()).toBe(0);
    expect(await workers.recordOf(task)).toMatchObject({ state: "waiting", attempts: 0, hop: 3 });
    const entry = await workers.db.collection(TASK_OUTBOX).doc(`${task.id}.h3`).get();
    const { laterField } = LATER_FIELDS;
    expect(JSON.parse(entry.get("later"))).toEqual({ laterField });
    const due = { ...task, hop: 12, notBefore: inMs(-HOUR_MS), ...LATER_FIELDS };
    endings.push(await workers.deliver("today", due, { name: `${task.id}-h12` }));
    expect(await workers.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1, hop: 12 });
    return { endings, effects: await effects() };
  });

  expect(results).toEqual(ofEveryKind({ endings: ["200 rescheduled", "200 duplicate", "200 done"], effects: 1 }));
});

test("a delivery whose name contradicts its hop is rejected, and leaves no trace", async (context) => {
  const workers = await startWorkers(context, ["today"]);
  const { task, mend, effects } = FAILING_TASKS.claim(workers);
  await mend();
  const before = new Map(workers.emulator.calls);

  const contradictions = [
    [{}, "-h0"],
    [{}, "-h1"],
    [{ hop: 0 }, "-h0"],
    [{ hop: 3 }, ""],
    [{ hop: 3 }, "-h"],
    [{ hop: 3 }, "-h2"],
    [{ hop: 3 }, "-h03"],
    [{ hop: 3 }, "-h3-h3"],
    [{ notBefore: inMs(HOUR_MS) }, "-h1"],
  ] as const;
  const endings: string[] = [];
  for (const [fields, suffix] of contradictions) {
    endings.push(await workers.deliver("today", { ...task, ...fields }, { name: `${task.id}${suffix}` }));
  }

  expect(endings).toEqual(contradictions.map(() => "400 malformed"));
  expect(workers.emulator.calls).toEqual(before);
  expect(await effects()).toBe(0);
});

test("a task whose id marks a natural type runs, fails and is recorded like any other", async (context) => {
  const { deliver, emulator, recordOf } = await startWorkers(context, ["today"]);
  const id = `${randomBytes(16).toString("hex")}n-${publishDocument.queue}`;
  const task = { ...seal(publishDocument, { documentId: "marked", version: 1, content: "text" }), id };

  emulator.inject({ kind: "call", method: "Commit", code: "INVALID_ARGUMENT", when: "before", times: 1 });
  expect(await deliver("today", task)).toBe("500 failed");
  expect(await recordOf(task)).toMatchObject({ state: "waiting", attempts: 1 });
  expect(await deliver("today", task, { retryCount: 1 })).toBe("200 done");
  expect(await recordOf(task)).toMatchObject({ state: "succeeded", attempts: 2 });
});
