import { type DocumentReference, Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import * as fc from "fast-check";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { expect, onTestFinished, test } from "vitest";
import { DELETED, SERVER_TIME } from "../../../../../shared/records/field-values.ts";
import { CommitWrites } from "../../../../../shared/records/wire/commit-writes.ts";
import type { Writer } from "../../../../../shared/records/writes.ts";
import { connectToEmulator } from "../../../../harness/firestore/connect-to-emulator.ts";

/** A database, and two ways to change documents of it: by our commit, and by a batch of Google's client. */
async function setup() {
  const emulator = await startFirestoreEmulator();
  const db = connectToEmulator(emulator);
  onTestFinished(async () => {
    await db.terminate();
    await emulator.stop();
  });
  const ours = async (write: <Ref>(to: Writer<Ref>, refTo: (name: string) => Ref) => void) => {
    const commit = new CommitWrites();
    write(commit, (name) => db.calls.nameOf("ours", name));
    return await db.calls.commit(commit.writes);
  };
  const googles = async (write: <Ref>(to: Writer<Ref>, refTo: (name: string) => Ref) => void) => {
    const batch = db.batch();
    write<DocumentReference>(batch, (name) => db.collection("googles").doc(name));
    const [first] = await batch.commit();
    return first?.writeTime;
  };
  return {
    db,
    ours,
    googles,
    /** What both have made of a document. The server's times differ, so they are only said to be there. */
    both: async (name: string) => {
      const read = async (collection: string) => {
        const snapshot = await db.collection(collection).doc(name).get();
        return { ...snapshot.data(), ...(snapshot.get("at") instanceof Timestamp ? { at: "a time" } : {}) };
      };
      return { ours: await read("ours"), googles: await read("googles") };
    },
  };
}

const time = fc
  .record({ seconds: fc.integer({ min: 0, max: 4_000_000_000 }), micros: fc.integer({ min: 0, max: 999_999 }) })
  .map(({ seconds, micros }) => new Timestamp(seconds, micros * 1_000));
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("state", "log", "a_1", "queue") },
  fc.constantFrom("with space", "back`tick", "back\\slash", "1st", "ü"),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: "grapheme" }),
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double(),
    fc.constantFrom(-0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    time,
    fc.dictionary(name, tie("value"), { noNullPrototype: true }),
    fc.array(fc.oneof(fc.string(), fc.integer(), fc.dictionary(name, tie("value"), { noNullPrototype: true }))),
  ),
}));
const fields = fc.dictionary(name, value, { noNullPrototype: true });

test("a commit stores what Google's client would store, whatever its fields", async () => {
  const { ours, googles, both } = await setup();
  let made = 0;
  await fc.assert(
    fc.asyncProperty(fields, fields, async (first, second) => {
      const document = `document-${made++}`;
      for (const write of [ours, googles]) {
        await write((to, refTo) => {
          to.create(refTo(document), { ...first, at: SERVER_TIME });
          to.set(refTo(`${document}-merged`), first);
        });
        await write((to, refTo) => to.set(refTo(`${document}-merged`), { ...second, gone: DELETED }, { merge: true }));
      }
      const created = await both(document);
      expect(created.ours).toEqual(created.googles);
      const merged = await both(`${document}-merged`);
      expect(merged.ours).toEqual(merged.googles);
    }),
    { numRuns: 40 },
  );
});

test("an update replaces and removes the fields that it names, and keeps the others", async () => {
  const { ours, googles, both } = await setup();
  for (const write of [ours, googles]) {
    await write((to, refTo) =>
      to.create(refTo("a"), { state: "running", error: { code: "x", more: 1 }, kept: 1, gone: 2 }),
    );
    await write((to, refTo) =>
      to.update(refTo("a"), { state: "done", error: { code: "y" }, gone: DELETED, at: SERVER_TIME }),
    );
  }

  const { ours: written, googles: expected } = await both("a");

  expect(written).toEqual({ state: "done", error: { code: "y" }, kept: 1, at: "a time" });
  expect(written).toEqual(expected);
});

test("a commit returns when its first document was changed, and the next can depend on that", async () => {
  const { ours, db } = await setup();
  const created = await ours((to, refTo) => to.create(refTo("a"), { n: 1 }));
  if (!created) throw new Error("Nothing was written.");
  const lastUpdateTime = created;

  await ours((to, refTo) => to.update(refTo("a"), { n: 2 }, { lastUpdateTime }));
  const late = ours((to, refTo) => {
    to.set(refTo("b"), { n: 1 });
    to.delete(refTo("a"), { lastUpdateTime });
  });

  await expect(late).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
  expect((await db.collection("ours").doc("a").get()).data()).toEqual({ n: 2 });
  expect((await db.collection("ours").doc("b").get()).exists).toBe(false);
});

test.each([
  ["a document that exists is not created", (to: CommitWrites, a: string) => to.create(a, {}), status.ALREADY_EXISTS],
  ["a document that is gone is not updated", (to: CommitWrites, a: string) => to.update(`${a}2`, {}), status.NOT_FOUND],
])("%s", async (_title, write, code) => {
  const { db } = await setup();
  const a = db.calls.nameOf("ours", "a");
  await db.collection("ours").doc("a").set({ n: 1 });
  const commit = new CommitWrites();
  write(commit, a);

  await expect(db.calls.commit(commit.writes)).rejects.toMatchObject({ code });
});

test.each([
  ["undefined", undefined],
  ["a nested sentinel", { at: SERVER_TIME }],
  ["a function", () => 1],
  ["an instance of a class", new Map()],
])("%s is refused as a field's value", (_what, held) => {
  expect(() => new CommitWrites().create("a", { held })).toThrow(TypeError);
});
