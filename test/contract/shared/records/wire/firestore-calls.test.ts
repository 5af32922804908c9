import { GeoPoint, Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { expect, onTestFinished, test } from "vitest";
import { CommitWrites } from "../../../../../shared/records/wire/commit-writes.ts";
import { connectToEmulator } from "../../../../harness/firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../../../../harness/network/fault-proxy.ts";

/** A database, reached through a proxy and past it. */
async function setup() {
  const emulator = await startFirestoreEmulator();
  const faults = await startFaultProxy(emulator);
  const db = connectToEmulator(faults);
  const pastIt = connectToEmulator(emulator);
  onTestFinished(async () => {
    faults.calm();
    await Promise.all([db.terminate(), pastIt.terminate()]);
    await faults.stop();
    await emulator.stop();
  });
  const create = (name: string) => {
    const commit = new CommitWrites();
    commit.create(db.calls.nameOf("things", name), { n: 1 });
    return db.calls.commit(commit.writes);
  };
  return { db, calls: db.calls, faults, things: pastIt.collection("things"), create };
}

test("a read returns the same as Google's client", async () => {
  const { calls, things } = await setup();
  const fields = {
    text: "ü",
    number: 1,
    fraction: 0.5,
    yes: true,
    nothing: null,
    at: new Timestamp(5, 6_000),
    list: [1, { a: [] }],
    map: { empty: {} },
  };
  await things.doc("a").set(fields);
  const expected = await things.doc("a").get();

  const found = await calls.read(calls.nameOf("things", "a"));
  const missing = await calls.read(calls.nameOf("things", "b"));

  expect(found.data()).toEqual(expected.data());
  expect([found.exists, found.updateTime]).toEqual([true, expected.updateTime]);
  expect(found.readTime).toBeInstanceOf(Timestamp);
  expect([missing.exists, missing.updateTime, missing.data()]).toEqual([false, undefined, undefined]);
});

test("values that only an application would store are written as they were read", async () => {
  const { calls, things } = await setup();
  await things.doc("a").set({ bytes: Buffer.from("x"), place: new GeoPoint(1, 2), ref: things.doc("b") });
  const commit = new CommitWrites();

  const read = await calls.read(calls.nameOf("things", "a"));
  commit.set(calls.nameOf("things", "copy"), { nested: [read.data()] });
  await calls.commit(commit.writes);

  const original = (await things.doc("a").get()).data();
  expect((await things.doc("copy").get()).data()).toEqual({ nested: [original] });
});

test.each([
  ["RESOURCE_EXHAUSTED", status.RESOURCE_EXHAUSTED],
  ["ABORTED", status.ABORTED],
  ["UNAVAILABLE", status.UNAVAILABLE],
])("a commit that fails with %s is retried", async (_name, code) => {
  const { faults, things, create } = await setup();
  void faults.inject({ rpc: "Commit", when: "before-effect", answer: { status: code } });

  await create("a");

  expect((await things.doc("a").get()).exists).toBe(true);
});

test("a commit that fails with INTERNAL isn't retried, since it may have taken effect", async () => {
  const { faults, things, create } = await setup();
  void faults.inject({ rpc: "Commit", when: "before-effect", answer: { status: status.INTERNAL } });

  await expect(create("a")).rejects.toMatchObject({ code: status.INTERNAL });

  expect((await things.doc("a").get()).exists).toBe(false);
});

test.each([
  ["UNAVAILABLE", { status: status.UNAVAILABLE }],
  ["PERMISSION_DENIED", { status: status.PERMISSION_DENIED }],
  ["a stream that is cut off", "reset"],
] as const)("a read that fails is repeated, whatever the status: %s", async (_name, answer) => {
  const { calls, faults } = await setup();
  void faults.inject({ rpc: "BatchGetDocuments", when: "before-effect", answer });

  expect((await calls.read(calls.nameOf("things", "a"))).exists).toBe(false);
});
