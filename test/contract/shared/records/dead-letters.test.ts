import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { type Firestore, Timestamp } from "@google-cloud/firestore";
import { expect, onTestFinished, test } from "vitest";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { DEAD_LETTERS } from "../../../../shared/records/letters/dead-letter.ts";
import { type LetterFilter, letterQuery } from "../../../../shared/records/letters/dead-letter-queries.ts";
import { Documents } from "../../../../shared/records/documents.ts";
import { LetterStore } from "../../../../shared/records/letters/letter-store.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../../../harness/network/fault-proxy.ts";

const PROJECT = path.resolve(import.meta.dirname, "../../../..");

async function setup() {
  const emulator = await startFirestoreEmulator();
  const db = connectToEmulator(emulator);
  onTestFinished(async () => {
    await db.terminate();
    await emulator.stop();
  });
  const letters = db.collection(DEAD_LETTERS);
  return { emulator, db, letters };
}

/** A letter as the revision before wrote it. */
const earlier = (n: number) => ({
  taskId: `task-${n}`,
  type: "test.any",
  queue: n % 2 === 0 ? "default" : "bulk",
  payloadJson: "null",
  attempts: 1,
  error: { code: n % 3 === 0 ? "gone" : "refused", message: "No." },
  diedAt: Timestamp.fromMillis(1_000 + n),
});

async function write(db: Firestore, count: number): Promise<void> {
  const batch = db.batch();
  for (let n = 0; n < count; n++) batch.set(db.collection(DEAD_LETTERS).doc(`letter-${n}`), earlier(n));
  await batch.commit();
}

const idsOf = async (db: Firestore, filter: LetterFilter): Promise<string[]> =>
  (await letterQuery(db.collection(DEAD_LETTERS), filter).get()).docs.map(({ id }) => id);

test("letters of earlier revisions are completed page by page, and found from then on", async () => {
  const { emulator, db, letters } = await setup();
  await write(db, 205);
  await letters.doc("letter-1").update({ status: "replayed", code: "mine" });
  await letters.doc("letter-2").set({ taskId: "without an error" });
  const backfill = () =>
    promisify(execFile)(
      process.execPath,
      ["tools/dead-letters/main.ts", "--project", "handoff-test", "--database", "(default)"],
      { cwd: PROJECT, env: { ...process.env, FIRESTORE_EMULATOR_HOST: `${emulator.host}:${emulator.port}` } },
    );

  expect(await backfill()).toEqual({
    stdout: "205 dead letters: 204 completed now, 1 complete before.\n203 are open.\n",
    stderr: "",
  });

  expect((await letters.doc("letter-0").get()).data()).toEqual({ ...earlier(0), status: "open", code: "gone" });
  expect((await letters.doc("letter-1").get()).data()).toMatchObject({ status: "replayed", code: "mine" });
  expect((await letters.doc("letter-2").get()).data()).toMatchObject({ status: "open", code: "unknown" });
  expect((await idsOf(db, { status: "open", type: "test.any", queue: "bulk", code: "gone" })).slice(0, 2)).toEqual([
    "letter-201",
    "letter-195",
  ]);
  expect((await backfill()).stdout).toBe("205 dead letters: 0 completed now, 205 complete before.\n203 are open.\n");
});

test("a letter that changes or is deleted during its completion is left as it is", async () => {
  const { emulator, db, letters } = await setup();
  const faults = await startFaultProxy(emulator);
  const slow = connectToEmulator(faults);
  onTestFinished(async () => {
    await slow.terminate();
    await faults.stop();
  });
  const store = new LetterStore(new Documents({ db: slow, clock: systemClock }));
  await write(db, 3);
  const meddle = async (): Promise<void> => {
    await Promise.all([letters.doc("letter-0").update({ note: "mine" }), letters.doc("letter-1").delete()]);
  };
  let meddled: Promise<void> | undefined;
  const hit = faults.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    times: 3,
    onArrival: () => (meddled ??= meddle()),
  });

  const page = await store.completePage(null);
  await hit;

  expect(page).toEqual({ read: 3, completed: 1, changed: 2, last: null });
  expect((await letters.doc("letter-0").get()).data()).toEqual({ ...earlier(0), note: "mine" });
  expect((await letters.doc("letter-1").get()).exists).toBe(false);
  expect(await store.completePage(null)).toEqual({ read: 2, completed: 1, changed: 0, last: null });
});
