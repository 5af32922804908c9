import { FieldValue, Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import { startOneProducer } from "./deployments.ts";
import { ofEachKind, ofEveryKind } from "./each-case.ts";
import { FAILING_TASKS } from "./failing-tasks.ts";
import { sealWebhook, startWorkers } from "./workers.ts";

/** What a record may hold besides what today's revision knows. */
const LATER_FIELDS = {
  parentId: "a-task",
  laterList: ["a-task"],
  laterField: { deep: [1, { deeper: null }] },
};

/** An attempt of a later revision in a record's log. */
const LATER_ATTEMPT = {
  attempt: 1,
  startedAt: Timestamp.fromMillis(1_767_322_800_000),
  outcome: "snoozed",
  nextAt: Timestamp.fromMillis(1_767_326_400_000),
  laterField: { deep: null },
};

/** An update that removes the fields that no decision needs. */
const STRIP = Object.fromEntries(
  ["queue", "type", "firstSeenAt", "finishedAt", "lastError", "result"].map((field) => [field, FieldValue.delete()]),
);

/** A claim in the default queue ends after this long. */
const LEASE_MS = 50_000;
const MINUTE_MS = 60_000;

test("unknown fields survive a retry, a completion and a dead-lettering", async (context) => {
  const workers = await startWorkers(context, ["today"]);

  const results = await ofEachKind(async (kind) => {
    const { task, attempts, failure, spoil, mend } = FAILING_TASKS[kind](workers);
    const fieldsAfter = async (ending: string, retryCount: number) => {
      expect(await workers.deliver("today", task, { retryCount })).toBe(ending);
      return (await workers.storedRecord(task))?.fields;
    };
    await spoil();
    await fieldsAfter(failure, 0);
    await workers.changeRecord(task, { ...LATER_FIELDS, attemptLog: [LATER_ATTEMPT] });

    await spoil();
    const retried = await fieldsAfter(failure, 1);
    await mend();
    const completed = await fieldsAfter("200 done", 2);
    await workers.changeRecord(task, { state: "waiting", attempts: attempts - 1 });
    await spoil();
    const deadLettered = await fieldsAfter("200 dead", 3);
    return { retried, completed, deadLettered };
  });

  expect(results).toMatchObject(
    ofEveryKind({
      retried: { ...LATER_FIELDS, state: "waiting", attemptLog: [LATER_ATTEMPT, { attempt: 2 }] },
      completed: {
        ...LATER_FIELDS,
        state: "succeeded",
        attemptLog: [LATER_ATTEMPT, { attempt: 2 }, { attempt: 3, outcome: "succeeded" }],
      },
      deadLettered: { ...LATER_FIELDS, state: "dead", attemptLog: expect.arrayContaining([LATER_ATTEMPT]) },
    }),
  );
});

test("unknown fields survive a claim, and the claim that takes it over", async (context) => {
  const workers = await startWorkers(context, ["today"]);
  const { deliver, deliverHeld, subscribe, changeRecord, storedRecord, storeClock } = workers;
  const subscriber = subscribe(503);
  const task = sealWebhook(subscriber.url);
  await deliver("today", task);
  await changeRecord(task, LATER_FIELDS);

  subscriber.reactWith("hold");
  const overtaken = await deliverHeld("today", task, subscriber);
  expect((await storedRecord(task))?.fields).toMatchObject({ ...LATER_FIELDS, state: "running", fence: 2 });

  await storeClock.advance(LEASE_MS);
  const successor = await deliverHeld("today", task, subscriber);
  expect((await storedRecord(task))?.fields).toMatchObject({ ...LATER_FIELDS, state: "running", fence: 3 });

  successor.answer(204);
  overtaken.answer(204);
  expect([await successor.underWay, await overtaken.underWay]).toEqual(["200 done", "200 duplicate"]);
  expect((await storedRecord(task))?.fields).toMatchObject({ ...LATER_FIELDS, state: "succeeded", fence: 3 });
});

test("a known field is removed once it no longer applies", async (context) => {
  const workers = await startWorkers(context, ["today"]);

  const results = await ofEachKind(async (kind) => {
    const { task, spoil, mend } = FAILING_TASKS[kind](workers);
    await spoil();
    await workers.deliver("today", task);
    // As after deliveries to a revision that doesn't know the type.
    await workers.changeRecord(task, { unknownTypes: 3 });
    await mend();
    const ending = await workers.deliver("today", task, { retryCount: 1 });
    return { ending, unknownTypes: (await workers.storedRecord(task))?.fields["unknownTypes"] };
  });

  expect(results).toEqual(ofEveryKind({ ending: "200 done", unknownTypes: undefined }));
});

test("a record without the fields that no decision needs is judged like any other", async (context) => {
  const workers = await startWorkers(context, ["today"]);

  const results = await ofEachKind(async (kind) => {
    const { task, attempts, failure, spoil, mend } = FAILING_TASKS[kind](workers);
    const deliverStripped = async (retryCount: number, prepare: () => Promise<void>): Promise<string> => {
      await workers.changeRecord(task, STRIP);
      await prepare();
      return await workers.deliver("today", task, { retryCount });
    };
    await spoil();
    await workers.deliver("today", task);
    const retried = (await deliverStripped(1, spoil)) === failure;
    const waiting = await workers.recordOf(task);
    const completed = [await deliverStripped(2, mend), await deliverStripped(3, mend)];
    const succeeded = await workers.recordOf(task);
    await workers.changeRecord(task, { state: "waiting", attempts: attempts - 1 });
    const deadLettered = [await deliverStripped(4, spoil), await deliverStripped(5, mend)];
    return { retried, waiting, completed, succeeded, deadLettered, letters: (await workers.lettersOf(task)).size };
  });

  expect(results).toMatchObject(
    ofEveryKind({
      retried: true,
      waiting: { state: "waiting", attempts: 2, fence: 2 },
      completed: ["200 done", "200 duplicate"],
      succeeded: { state: "succeeded", attempts: 3, fence: 3 },
      deadLettered: ["200 dead", "200 duplicate"],
      letters: 1,
    }),
  );
});

test("a lease holds, and ends, in a record without the fields that no decision needs", async (context) => {
  const workers = await startWorkers(context, ["today"]);
  const { deliver, subscribe, changeRecord, recordOf, storeClock } = workers;
  const subscriber = subscribe("hold");
  const task = sealWebhook(subscriber.url);
  const { underWay, answer } = await workers.deliverHeld("today", task, subscriber);
  await changeRecord(task, STRIP);
  subscriber.reactWith(204);

  expect(await deliver("today", task, { retryCount: 1 })).toBe("409 busy");
  await storeClock.advance(LEASE_MS);
  expect(await deliver("today", task, { retryCount: 2 })).toBe("200 done");
  answer(204);

  expect(await underWay).toBe("200 duplicate");
  expect(await recordOf(task)).toMatchObject({ state: "succeeded", attempts: 2, fence: 2 });
});

test("the producer reads records and ids of a later revision", async (context) => {
  const { view, db, storeClock } = await startOneProducer(context);
  const needed = {
    state: "succeeded",
    owner: "owner-1",
    fence: 1,
    attempts: 2,
    claimedAt: null,
    leaseMs: 0,
    payloadHash: "",
    expireAt: Timestamp.fromMillis(storeClock.now() + MINUTE_MS),
  };
  const records = {
    [`${"1".repeat(32)}-default`]: needed,
    [`${"2".repeat(32)}-default`]: { ...needed, ...LATER_FIELDS, state: "dead" },
    [`${"3".repeat(32)}n-bulk`]: { ...needed, ...LATER_FIELDS, state: "waiting" },
  };

  for (const [id, fields] of Object.entries(records)) {
    await db.collection(TASK_RECORDS).doc(id).set(fields);
    expect(await view(id)).toMatchObject({ id, state: fields.state, attempts: 2 });
  }
});
