import type { DocumentData } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { changeRecord } from "../../../../shared/records/task-store.ts";
import { recordRef, runningRecord } from "../../../../shared/records/transition.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../../../harness/network/fault-proxy.ts";
import { claimTaskType } from "../../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";

const envelope = sealTask(claimTaskType, { n: 1 });

/** The record of an attempt at work. */
const recordOf = (owner: string, fence = 1): DocumentData =>
  runningRecord(envelope, { owner, fence, attempts: fence }, { record: null, clock: systemClock });

/** A Firestore, reached through a proxy by what is tested, and past it by the test. */
async function setup() {
  const emulator = await startFirestoreEmulator();
  const faults = await startFaultProxy(emulator);
  const [db, pastIt] = [connectToEmulator(faults), connectToEmulator(emulator)];
  onTestFinished(async () => {
    faults.calm();
    await Promise.all([db.terminate(), pastIt.terminate()]);
    await faults.stop();
    await emulator.stop();
  });
  const record = recordRef(pastIt, envelope);
  return {
    at: { db, envelope },
    record,
    faults,
    /** Lets the next commits be overtaken, each by a write of the record. */
    overtake: (times: number, write: () => Promise<unknown>) =>
      faults.inject({
        rpc: "Commit",
        when: "after-effect",
        answer: "its-own",
        times,
        onArrival: async () => void (await write()),
      }),
    commits: () => emulator.calls.get("Commit") ?? 0,
    letters: pastIt.collection("letters"),
  };
}

test("what was read, decided and written is known with its update time", async () => {
  const { at, record } = await setup();
  await record.set(recordOf("first"));

  const { decision, updateTime } = await changeRecord(at, ({ record: read }, writer) => {
    writer.replace(recordOf("second", 2));
    return read?.owner;
  });

  const written = await record.get();
  expect(decision).toBe("first");
  expect(written.get("owner")).toBe("second");
  expect(updateTime).toEqual(written.updateTime);
});

test("where nothing is written nothing is asked, and the update time is the record's", async () => {
  const { at, record, commits } = await setup();
  await record.set(recordOf("first"));
  const before = commits();

  const { updateTime } = await changeRecord(at, () => "nothing");

  expect(commits()).toBe(before);
  expect(updateTime).toEqual((await record.get()).updateTime);
});

test("there is no update time without a record", async () => {
  const { at } = await setup();
  expect(await changeRecord(at, ({ record }) => record)).toEqual({ decision: null, updateTime: null });
});

test("a field that the new record doesn't have goes", async () => {
  const { at, record } = await setup();
  await record.set({ ...recordOf("first"), unknownTypes: 3 });

  await changeRecord(at, (_, writer) => writer.replace(recordOf("second", 2)));

  expect((await record.get()).data()).not.toHaveProperty("unknownTypes");
});

test("what is written beside the record is written with it, or not at all", async () => {
  const { at, record, overtake, letters } = await setup();
  await record.set(recordOf("first"));
  void overtake(1, () => record.set(recordOf("another", 2)));

  await changeRecord(at, ({ record: read }, writer) => {
    if (read?.owner !== "first") return;
    writer.update({ state: "dead" });
    writer.set(letters.doc("letter"), { of: "first" });
  });

  expect((await record.get()).get("state")).toBe("running");
  expect((await letters.doc("letter").get()).exists).toBe(false);
});

test("a record that changes before it is written is read and decided on again", async () => {
  const { at, record, overtake } = await setup();
  await record.set(recordOf("first"));
  void overtake(1, () => record.update({ owner: "another" }));
  const owners: (string | undefined)[] = [];

  await changeRecord(at, ({ record: read }, writer) => {
    owners.push(read?.owner);
    writer.update({ attempts: 9 });
  });

  expect(owners).toEqual(["first", "another"]);
  expect((await record.get()).data()).toMatchObject({ owner: "another", attempts: 9 });
});

test("a record that comes to be before it is created is read and decided on again", async () => {
  const { at, record, overtake } = await setup();
  void overtake(1, () => record.set(recordOf("another")));
  const owners: (string | undefined)[] = [];

  await changeRecord(at, ({ record: read }, writer) => {
    owners.push(read?.owner);
    if (!read) writer.replace(recordOf("second"));
  });

  expect(owners).toEqual([undefined, "another"]);
  expect((await record.get()).get("owner")).toBe("another");
});

test("a record that changes whenever it is read is given up after five tries", async () => {
  const { at, record, overtake } = await setup();
  let [attempts, tries] = [0, 0];
  await record.set(recordOf("first"));
  void overtake(100, () => record.update({ attempts: attempts++ }));

  const changing = changeRecord(at, (_, writer) => {
    tries++;
    writer.update({ owner: "second" });
  });

  await expect(changing).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
  expect(tries).toBe(5);
  expect((await record.get()).get("owner")).toBe("first");
});

test("with a step, nothing is written that was read too late", async () => {
  const { at, record } = await setup();
  const clock = { ...systemClock, now: () => 3 };

  const changing = changeRecord({ ...at, step: { clock, untilMs: 3 } }, (_, writer) =>
    writer.replace(recordOf("first")),
  );

  await expect(changing).rejects.toMatchObject({ code: "RECORD_STORE" });
  expect((await record.get()).exists).toBe(false);
});

test("with a step, nothing is tried again once that is over", async () => {
  const { at, faults } = await setup();
  void faults.inject({ rpc: "Commit", when: "before-effect", answer: { status: status.INTERNAL }, times: 100 });
  const times = [1, 2, 2, 3];
  const clock = { ...systemClock, now: () => times.shift() ?? 3 };
  let tries = 0;

  const changing = changeRecord({ ...at, step: { clock, untilMs: 3 } }, (_, writer) => {
    tries++;
    writer.replace(recordOf("first"));
  });

  // The time is asked for after each read and each error.
  await expect(changing).rejects.toMatchObject({ code: status.INTERNAL });
  expect(tries).toBe(2);
});

test.each([status.INVALID_ARGUMENT, status.PERMISSION_DENIED, status.UNIMPLEMENTED])(
  "what trying again can't help is not tried again: %i",
  async (code) => {
    const { at, faults } = await setup();
    void faults.inject({ rpc: "Commit", when: "before-effect", answer: { status: code }, times: 100 });
    let tries = 0;

    const changing = changeRecord(at, (_, writer) => {
      tries++;
      writer.replace(recordOf("first"));
    });

    await expect(changing).rejects.toMatchObject({ code });
    expect(tries).toBe(1);
  },
);

test("a decision that fails is not taken again", async () => {
  const { at } = await setup();
  let tries = 0;

  const changing = changeRecord(at, () => {
    tries++;
    throw new TypeError("A bug.");
  });

  await expect(changing).rejects.toThrow("A bug.");
  expect(tries).toBe(1);
});
