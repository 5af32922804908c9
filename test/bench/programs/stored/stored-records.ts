import { Timestamp } from "@google-cloud/firestore";
import { startFirestoreEmulator } from "../../../../packages/emulators/src/firestore/emulator.ts";
import { silentLog } from "../../../../packages/emulators/src/kernel/emulator-log.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { COMPACTED, type StoredEmulator } from "./stored-emulator.ts";

const BATCH = 500;
const DAY_MS = 86_400_000;

/** The Firestore emulator, with records of tasks that have been done. */
export const storedRecords: StoredEmulator = {
  async fill(dataDir, count) {
    const running = await startFirestoreEmulator({ dataDir });
    const db = connectToEmulator(running);
    const records = db.collection("taskRecords");
    for (let n = 0; n < count;) {
      const batch = db.batch();
      for (const until = Math.min(count, n + BATCH); n < until; n++) batch.set(records.doc(idOf(n)), recordOf(n));
      await batch.commit();
    }
    await db.terminate();
    await running.stop();
    await compact(dataDir);
  },
  async start(dataDir, log) {
    const running = await startFirestoreEmulator({ dataDir, log });
    const db = connectToEmulator(running);
    return {
      async call(n) {
        await db.collection("small").doc(`${n}`).set({ n });
      },
      async stop() {
        await db.terminate();
        await running.stop();
      },
    };
  },
};

/** A start compacts a journal that has more than a snapshot. */
async function compact(dataDir: string): Promise<void> {
  const { promise: compacted, resolve } = Promise.withResolvers<void>();
  const info = (_: object, message: string): void => void (message === COMPACTED && resolve());
  const running = await startFirestoreEmulator({ dataDir, log: { ...silentLog, info } });
  await compacted;
  await running.stop();
}

const idOf = (n: number): string => `${n.toString(16).padStart(32, "0")}-default`;

/** As the worker writes it. */
function recordOf(n: number) {
  const doneAt = Timestamp.fromMillis(1_700_000_000_000 + n);
  return {
    type: "webhook.deliver",
    queue: "default",
    state: "succeeded",
    owner: idOf(n).slice(0, 24),
    fence: 1,
    attempts: 1,
    claimedAt: null,
    claimedBy: null,
    leaseMs: 60_000,
    payloadHash: idOf(n).repeat(2).slice(0, 64),
    firstSeenAt: doneAt,
    finishedAt: doneAt,
    enqueuedAt: doneAt.toDate().toISOString(),
    caller: "shop@handoff-bench.iam.gserviceaccount.com",
    lastError: null,
    attemptLog: [],
    expireAt: Timestamp.fromMillis(doneAt.toMillis() + DAY_MS),
    resultJson: '{"status":204}',
  };
}
