import { status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { DEAD_LETTERS } from "../../../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import type { ReadRecord } from "../../../../shared/records/read-record.ts";
import { TaskStore } from "../../../../shared/records/task-store.ts";
import type { Task, Transition } from "../../../../shared/records/transition.ts";
import { writesOf } from "../../../../shared/records/writes.ts";
import { type Clock, systemClock } from "../../../../shared/runtime/clock.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../../../harness/network/fault-proxy.ts";
import { claimTaskType } from "../../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";

const task: Task = { envelope: sealTask(claimTaskType, { n: 1 }), leaseMs: 50_000, deadLetterRetentionMs: 864_000_000 };

const claimOf = (owner: string, fence = 1): Transition => ({
  kind: "claim",
  attempt: { owner, fence, attempts: fence },
  instance: "test/1",
  from: null,
  log: [],
});

/** The record of a running attempt. */
const recordOf = (owner: string, fence = 1) => ({
  ...writesOf(claimOf(owner, fence), task, { before: null, nowMs: Date.now() }).record?.fields,
});

const DIED: Transition = {
  kind: "deadLetter",
  attempts: 1,
  error: { code: "gone", message: "Gone." },
  log: [],
  as: null,
};
const WAITS: Transition = { kind: "retry", attempts: 9, error: null, log: [], as: null };

/** A store that reaches Firestore through a proxy; the test bypasses it. */
async function setup(clock: Clock = systemClock) {
  const emulator = await startFirestoreEmulator();
  const faults = await startFaultProxy(emulator);
  const store = new TaskStore({ db: connectToEmulator(faults), clock });
  const pastIt = connectToEmulator(emulator);
  onTestFinished(async () => {
    faults.calm();
    await Promise.all([store.close(systemClock), pastIt.terminate()]);
    await faults.stop();
    await emulator.stop();
  });
  return {
    store,
    record: pastIt.collection(TASK_RECORDS).doc(task.envelope.id),
    letter: pastIt.collection(DEAD_LETTERS).doc(task.envelope.id),
    faults,
    /** Makes the next commits be overtaken, each by a write of the record. */
    overtake: (times: number, write: () => Promise<unknown>) =>
      faults.inject({
        rpc: "Commit",
        when: "after-effect",
        answer: "its-own",
        times,
        onArrival: async () => void (await write()),
      }),
    commits: () => emulator.calls.get("Commit") ?? 0,
  };
}

test("returns what was read, decided and written, with its update time", async () => {
  const { store, record } = await setup();
  await record.set(recordOf("first"));

  const { found, updateTime } = await store.change(task, ({ record: read }) => ({
    transition: claimOf("second", 2),
    found: read?.owner,
  }));

  const written = await record.get();
  expect(found).toBe("first");
  expect(written.get("owner")).toBe("second");
  expect(updateTime).toEqual(written.updateTime);
});

test("a decision that writes nothing makes no commit, and the update time is the record's", async () => {
  const { store, record, commits } = await setup();
  await record.set(recordOf("first"));
  const before = commits();

  const { updateTime } = await store.change(task, () => ({ transition: null }));

  expect(commits()).toBe(before);
  expect(updateTime).toEqual((await record.get()).updateTime);
});

test("there is no update time without a record", async () => {
  const { store } = await setup();
  const change = await store.change(task, ({ record }) => ({ transition: null, record }));
  expect(change).toMatchObject({ transition: null, record: null, updateTime: null });
});

test("an earlier read is used for the first decision, and repeated if it is out of date or leads to no write", async () => {
  const { store, record } = await setup();
  await record.set(recordOf("first"));
  const seen: unknown[] = [];
  const decide = ({ record: from }: ReadRecord) => {
    seen.push(from?.owner);
    return { transition: from?.owner === "first" ? claimOf("second", 2) : null };
  };
  const { read } = await store.change(task, () => ({ transition: null }));

  await store.change(task, decide, undefined, read);
  expect((await record.get()).get("owner")).toBe("second");
  await store.change(task, decide, undefined, read);

  // From the read, which is in time; from the same one, which isn't any more, and from what is there now.
  expect(seen).toEqual(["first", "first", "second"]);
});

test("a record that starts afresh keeps nothing of the previous one", async () => {
  const { store, record } = await setup();
  await record.set({ ...recordOf("first"), unknownTypes: 3, fromLater: "kept?" });

  await store.change(task, () => ({ transition: claimOf("second", 2) }));

  expect((await record.get()).data()).not.toHaveProperty("unknownTypes");
  expect((await record.get()).data()).not.toHaveProperty("fromLater");
});

test("a record that continues drops finished fields and keeps fields that this revision doesn't know", async () => {
  const { store, record } = await setup();
  await record.set({ ...recordOf("first"), unknownTypes: 3, fromLater: "kept" });

  await store.change(task, ({ record: from }) => ({
    transition: {
      kind: "claim",
      attempt: { owner: "second", fence: 2, attempts: 2 },
      instance: "test/1",
      from,
      log: [],
    },
  }));

  expect((await record.get()).data()).not.toHaveProperty("unknownTypes");
  expect((await record.get()).data()).toMatchObject({ owner: "second", fromLater: "kept" });
});

test("a dead letter is written with its record, or not at all", async () => {
  const { store, record, letter, overtake } = await setup();
  await record.set(recordOf("first"));
  void overtake(1, () => record.set(recordOf("another", 2)));

  await store.change(task, ({ record: read }) => ({ transition: read?.owner === "first" ? DIED : null }));

  expect((await record.get()).get("state")).toBe("running");
  expect((await letter.get()).exists).toBe(false);
});

test("a record that changes before it is written is read and decided on again", async () => {
  const { store, record, overtake } = await setup();
  await record.set(recordOf("first"));
  void overtake(1, () => record.update({ owner: "another" }));
  const owners: (string | undefined)[] = [];

  await store.change(task, ({ record: read }) => {
    owners.push(read?.owner);
    return { transition: WAITS };
  });

  expect(owners).toEqual(["first", "another"]);
  expect((await record.get()).data()).toMatchObject({ owner: "another", attempts: 9 });
});

test("a record that somebody else creates first is read and decided on again", async () => {
  const { store, record, overtake } = await setup();
  void overtake(1, () => record.set(recordOf("another")));
  const owners: (string | undefined)[] = [];

  await store.change(task, ({ record: read }) => {
    owners.push(read?.owner);
    return { transition: read ? null : claimOf("second") };
  });

  expect(owners).toEqual([undefined, "another"]);
  expect((await record.get()).get("owner")).toBe("another");
});

test("the store gives up after five tries on a record that changes after every read", async () => {
  const { store, record, overtake } = await setup();
  let [attempts, tries] = [0, 0];
  await record.set(recordOf("first"));
  void overtake(100, () => record.update({ attempts: attempts++ }));

  const changing = store.change(task, () => {
    tries++;
    return { transition: DIED };
  });

  await expect(changing).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
  expect(tries).toBe(5);
  expect((await record.get()).get("state")).toBe("running");
});

test("with a step, nothing is written after a late read", async () => {
  const { store, record } = await setup({ ...systemClock, now: () => 3 });

  const changing = store.change(task, () => ({ transition: claimOf("first") }), 3);

  await expect(changing).rejects.toMatchObject({ code: "RECORD_STORE" });
  expect((await record.get()).exists).toBe(false);
});

test("with a step, nothing is retried once the step is over", async () => {
  const times = [1, 2, 2, 2, 2, 3];
  const { store, faults } = await setup({ ...systemClock, now: () => times.shift() ?? 3 });
  void faults.inject({ rpc: "Commit", when: "before-effect", answer: { status: status.INTERNAL }, times: 100 });
  let tries = 0;

  const decide = () => {
    tries++;
    return { transition: claimOf("first") };
  };

  // The time is asked for after each read, for each write and after each error.
  await expect(store.change(task, decide, 3)).rejects.toMatchObject({ code: status.INTERNAL });
  expect(tries).toBe(2);
});

test.each([status.INVALID_ARGUMENT, status.PERMISSION_DENIED, status.UNIMPLEMENTED])(
  "an error that a retry can't fix is not retried: %i",
  async (code) => {
    const { store, faults } = await setup();
    void faults.inject({ rpc: "Commit", when: "before-effect", answer: { status: code }, times: 100 });
    let tries = 0;

    const changing = store.change(task, () => {
      tries++;
      return { transition: claimOf("first") };
    });

    await expect(changing).rejects.toMatchObject({ code });
    expect(tries).toBe(1);
  },
);

test("a decision that throws is not retried", async () => {
  const { store } = await setup();
  let tries = 0;

  const changing = store.change(task, () => {
    tries++;
    throw new TypeError("A bug.");
  });

  await expect(changing).rejects.toThrow("A bug.");
  expect(tries).toBe(1);
});

test("a transaction keeps the fields of a continuing record that this revision doesn't know", async () => {
  const { store, record } = await setup();
  await record.set({ ...recordOf("first"), unknownTypes: 3, fromLater: "kept" });

  await store.transact(task, async ({ record: from, write }) => {
    write({ kind: "complete", attempts: 2, result: 1, log: [], as: { owner: "second", fence: 2, from } });
  });

  expect((await record.get()).data()).not.toHaveProperty("unknownTypes");
  expect((await record.get()).data()).toMatchObject({ owner: "second", state: "succeeded", fromLater: "kept" });
});
