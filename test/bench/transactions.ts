import { Firestore } from "@google-cloud/firestore";
import { performance } from "node:perf_hooks";

const CLIENTS_AT_ONCE = 32;

/** Read-modify-write transactions a second from this process, each on a document of its own, 32 at once. */
export async function measureTransactions(address: string, count: number): Promise<number> {
  const db = new Firestore({ projectId: `bench-${process.pid}`, host: address, ssl: false });
  const collection = db.collection("counters");
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const ref = collection.doc(`counter-${n}`);
      await db.runTransaction(async (transaction) => {
        const snapshot = await transaction.get(ref);
        transaction.set(ref, { n: snapshot.exists ? 1 : 0 });
      });
    }
  };
  await db.doc("warm/up").set({});
  const from = performance.now();
  await Promise.all(Array.from({ length: CLIENTS_AT_ONCE }, work));
  const perSecond = count / ((performance.now() - from) / 1_000);
  await db.terminate();
  return perSecond;
}
