import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { CANARIES } from "../../../shared/tasks/canary.ts";
import { publishDocument } from "../../../shared/tasks/document-publish.ts";
import { ofEachKind, ofEveryKind } from "./each-case.ts";
import { FAILING_TASKS } from "./failing-tasks.ts";
import { seal, startWorkers } from "./workers.ts";

/** What an envelope may hold besides what today's revision knows. */
const LATER_FIELDS = { caller: "someone", parentId: "a-task", laterField: { deep: [1, { deeper: null }] } };

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

test("a later hop, or a task before its time, is answered 503: nothing runs, and Firestore is not called", async (context) => {
  const workers = await startWorkers(context, ["today"]);
  const cases = [
    { fields: { hop: 1 }, suffix: "-h1" },
    { fields: { hop: 3 }, suffix: "-h3" },
    { fields: { notBefore: inMs(HOUR_MS) }, suffix: "" },
    { fields: { hop: 12, notBefore: inMs(-HOUR_MS), ...LATER_FIELDS }, suffix: "-h12" },
  ];

  const results = await ofEachKind(async (kind) => {
    const endings: string[] = [];
    for (const { fields, suffix } of cases) {
      for (const retryCount of [0, 1]) {
        const { task, mend, effects } = FAILING_TASKS[kind](workers);
        await mend();
        const before = new Map(workers.emulator.calls);
        endings.push(
          await workers.deliver("today", { ...task, ...fields }, { name: `${task.id}${suffix}`, retryCount }),
        );
        expect(workers.emulator.calls).toEqual(before);
        expect(await workers.storedRecord(task)).toBeNull();
        expect(await workers.lettersOf(task)).toEqual(new Map());
        expect(await effects()).toBe(0);
      }
    }
    return endings;
  });

  expect(results).toEqual(ofEveryKind(cases.flatMap(() => ["503 unavailable", "503 unavailable"])));
});

test("a later hop leaves the record of an earlier one as it is", async (context) => {
  const workers = await startWorkers(context, ["today"]);

  const results = await ofEachKind(async (kind) => {
    const { task, spoil, mend, effects } = FAILING_TASKS[kind](workers);
    await spoil();
    await workers.deliver("today", task);
    await mend();
    const record = await workers.storedRecord(task);
    expect(record?.fields).toMatchObject({ state: "waiting" });

    const ending = await workers.deliver("today", { ...task, hop: 1 }, { name: `${task.id}-h1` });

    expect(await workers.storedRecord(task)).toEqual(record);
    return { ending, effects: await effects() };
  });

  expect(results).toEqual(ofEveryKind({ ending: "503 unavailable", effects: 0 }));
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

  expect(await deliver("today", { ...task, hop: 3 }, { name: `${id}-h3` })).toBe("503 unavailable");
  emulator.inject({ kind: "call", method: "Commit", code: "INVALID_ARGUMENT", when: "before", times: 1 });
  expect(await deliver("today", task)).toBe("500 failed");
  expect(await recordOf(task)).toMatchObject({ state: "waiting", attempts: 1 });
  expect(await deliver("today", task, { retryCount: 1 })).toBe("200 done");
  expect(await recordOf(task)).toMatchObject({ state: "succeeded", attempts: 2 });
});
