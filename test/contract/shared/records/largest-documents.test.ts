import { expect, onTestFinished, test } from "vitest";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { HIGHEST_MAX_PAYLOAD_BYTES } from "../../../../shared/contract/envelope.ts";
import { type AttemptLog, withAttempt } from "../../../../shared/records/attempt-log.ts";
import { DEAD_LETTERS } from "../../../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import { TaskStore } from "../../../../shared/records/task-store.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { claimTaskType } from "../../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";

test("the largest payload's letter and the largest result's record have room for a full log of the longest entries", async () => {
  const emulator = await startFirestoreEmulator();
  const db = connectToEmulator(emulator);
  const store = new TaskStore({ db, clock: systemClock });
  onTestFinished(async () => {
    await store.close(systemClock);
    await emulator.stop();
  });
  const task = { envelope: sealTask(claimTaskType, { n: 1 }), leaseMs: 50_000, deadLetterRetentionMs: 864_000_000 };
  const record = db.collection(TASK_RECORDS).doc(task.envelope.id);
  const letter = db.collection(DEAD_LETTERS).doc(task.envelope.id);
  const text = (length: number): string => "\u20ac".repeat(length);
  const caller = "c".repeat(320);
  // "\u20ac" takes three bytes, and two quotes are part of the payload.
  const payload = "p".repeat(HIGHEST_MAX_PAYLOAD_BYTES - 2);
  const large = { ...task, envelope: { ...task.envelope, caller, payload, replayOf: text(200) } };
  const start = { hop: 0, instance: text(200), startedAtMs: 0 };
  let log: AttemptLog = [];
  for (let attempt = 1; attempt <= 11; attempt++) {
    const error = { code: text(200), message: text(600) };
    log = withAttempt(log, start, { attempt, outcome: "unknown-type", endedAtMs: 0, error, stack: text(400) });
  }
  const error = { code: text(101), message: text(2_001) };

  await store.change(large, () => ({
    transition: { kind: "deadLetter", attempts: 11, error, log, as: { owner: "o".repeat(36), fence: 1, from: null } },
  }));
  expect((await letter.get()).get("attemptLog")).toHaveLength(10);
  expect((await letter.get()).get("payloadOmitted")).toBeUndefined();
  expect((await letter.get()).get("error")).toEqual(error);

  const result = "r".repeat(64 * 1_024 - 2);
  await store.change(large, ({ record: from }) => ({
    transition: { kind: "complete", attempts: 11, result, log, as: { owner: "o".repeat(36), fence: 2, from } },
  }));
  expect((await record.get()).get("result")).toBe(JSON.stringify(result));
});
