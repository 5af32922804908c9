import { expect, onTestFinished, test } from "vitest";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { Firestore } from "@google-cloud/firestore";
import { watchDocuments } from "../../../services/local/outbox/watch-documents.ts";

async function setup() {
  const emulator = await startFirestoreEmulator();
  onTestFinished(() => emulator.stop());
  const options = emulator.clientOptions();
  const db = new Firestore(options);
  onTestFinished(() => db.terminate());
  const entries = db.collection("entries");
  const added: string[] = [];
  const ended = Promise.withResolvers<string>();
  const watch = (): void => {
    const stop = watchDocuments({
      address: `${emulator.host}:${emulator.port}`,
      database: `projects/${options.projectId}/databases/(default)`,
      collection: "entries",
      onAdded: (ids) => void added.push(...ids),
      onEnd: ended.resolve,
    });
    onTestFinished(stop);
  };
  const untilAdded = async (count: number): Promise<readonly string[]> => {
    await expect.poll(() => added.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
    return added;
  };
  return { emulator, db, entries, watch, untilAdded, ended: ended.promise };
}

test("documents that exist and documents that are created are told once each, of this collection alone", async () => {
  const { db, entries, watch, untilAdded } = await setup();
  await entries.doc("first").create({ n: 1 });
  watch();
  await untilAdded(1);

  await entries.doc("first").update({ n: 2 });
  await db.doc("others/other").create({});
  await db.doc("entries/first/entries/nested").create({});
  await Promise.all([entries.doc("second").create({}), entries.doc("third").create({})]);

  expect((await untilAdded(3)).toSorted()).toEqual(["first", "second", "third"]);
});

test("a document that is deleted and created again is told again", async () => {
  const { entries, watch, untilAdded } = await setup();
  watch();
  for (const count of [1, 2]) {
    await entries.doc("same").create({});
    await untilAdded(count);
    await entries.doc("same").delete();
  }
  await entries.doc("last").create({});

  expect(await untilAdded(3)).toEqual(["same", "same", "last"]);
});

test("a watch ends with the emulator, and says so", async () => {
  const { emulator, entries, watch, untilAdded, ended } = await setup();
  watch();
  await entries.doc("first").create({});
  await untilAdded(1);

  await emulator.stop();

  expect(await ended).not.toBe("");
});
