import { describe, expect, test } from "vitest";
import { ofEachKind, ofEveryKind } from "./each-case.ts";
import { FAILING_TASKS } from "./failing-tasks.ts";
import { isTooShallow } from "./previous-revision.ts";
import { startWorkers } from "./workers.ts";

const HOUR_MS = 3_600_000;
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** What today's revision writes into the record of a task that goes on to another hop. */
const GONE_ON = { hop: 1, notBefore: inMs(-HOUR_MS), snoozes: 2 };

describe.skipIf(isTooShallow())("the previous revision, which knows no hops", () => {
  test("answers 503 to a later hop, or a task before its time: nothing runs, and Firestore is not called", async (context) => {
    const workers = await startWorkers(context, ["previous"]);
    const cases = [
      { fields: { hop: 1, hopAt: inMs(0) }, suffix: "-h1" },
      { fields: { notBefore: inMs(HOUR_MS) }, suffix: "" },
      { fields: { hop: 12, hopAt: inMs(0), notBefore: inMs(-HOUR_MS) }, suffix: "-h12" },
    ];

    const results = await ofEachKind(async (kind) => {
      const endings: string[] = [];
      for (const { fields, suffix } of cases) {
        for (const retryCount of [0, 1]) {
          const { task, mend, effects } = FAILING_TASKS[kind](workers);
          await mend();
          const before = new Map(workers.emulator.calls);
          const body = { ...task, ...fields };
          endings.push(await workers.deliver("previous", body, { name: `${task.id}${suffix}`, retryCount }));
          expect(workers.emulator.calls).toEqual(before);
          expect(await workers.storedRecord(task)).toBeNull();
          expect(await effects()).toBe(0);
        }
      }
      return endings;
    });

    expect(results).toEqual(ofEveryKind(cases.flatMap(() => ["503 unavailable", "503 unavailable"])));
  });

  test("keeps the fields of hops in a record that it changes, and leaves the later hop to today's", async (context) => {
    const workers = await startWorkers(context, ["previous", "today"]);

    const results = await ofEachKind(async (kind) => {
      const { task, failure, spoil, mend, effects } = FAILING_TASKS[kind](workers);
      await spoil();
      expect(await workers.deliver("today", task)).toBe(failure);
      await workers.changeRecord(task, GONE_ON);

      await spoil();
      const first = await workers.deliver("previous", task, { retryCount: 1 });
      const kept = (await workers.storedRecord(task))?.fields;
      await mend();
      const second = { ...task, hop: 1, hopAt: inMs(0), notBefore: GONE_ON.notBefore };
      const name = `${task.id}-h1`;
      const endings = [
        await workers.deliver("previous", second, { name }),
        await workers.deliver("today", task, { retryCount: 2 }),
        await workers.deliver("today", second, { name, retryCount: 1 }),
      ];
      const { state, attempts, hop } = (await workers.recordOf(task)) ?? {};
      return { isFailure: first === failure, kept, endings, effects: await effects(), done: { state, attempts, hop } };
    });

    expect(results).toMatchObject(
      ofEveryKind({
        isFailure: true,
        kept: { ...GONE_ON, state: "waiting", attempts: 2 },
        endings: ["503 unavailable", "200 duplicate", "200 done"],
        effects: 1,
        done: { state: "succeeded", attempts: 3, hop: 1 },
      }),
    );
  });
});
