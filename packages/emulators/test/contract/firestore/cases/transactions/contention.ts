import type { Firestore, Query, Transaction } from "@google-cloud/firestore";
import { expect } from "vitest";
import { barrier, setupClient } from "../../support/harness.ts";
import type { Subject } from "../../support/case.ts";

/**
 * Far more than anybody needs. How often a transaction loses depends on when its calls arrive, and so on the machine; Google's
 * client gives up after five times.
 */
const MAX_ATTEMPTS = 30;

const times = <T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index)));

export function contentionCases({ address, target, test }: Subject): void {
  const { contenders } = target;
  const transact = <T>(db: Firestore, run: (transaction: Transaction, attempt: number) => Promise<T>): Promise<T> => {
    let attempt = 0;
    return db.runTransaction((transaction) => run(transaction, ++attempt), { maxAttempts: MAX_ATTEMPTS });
  };

  test("loses no update of concurrent increments of one document", async () => {
    const { collection, db } = setupClient(address());
    const counter = collection.doc("counter");
    await counter.set({ n: 0 });
    await times(contenders, () =>
      transact(db, async (transaction) => {
        const before = await transaction.get(counter);
        transaction.update(counter, { n: Number(before.get("n")) + 1 });
      }),
    );
    expect((await counter.get()).get("n")).toBe(contenders);
  });

  test("lets one of many concurrent get-then-create win, and the others see its document", async () => {
    const { collection, db } = setupClient(address());
    const outcomes = await times(contenders, (index) =>
      transact(db, async (transaction) => {
        const task = await transaction.get(collection.doc("task"));
        if (task.exists) return "duplicate";
        transaction.create(collection.doc("task"), { by: index });
        transaction.set(collection.doc(`effect${index}`), {});
        return "first";
      }),
    );
    expect(outcomes.filter((outcome) => outcome === "first")).toHaveLength(1);
    expect((await collection.get()).size).toBe(2);
  });

  test("lets one of many concurrent get-then-set win, without any precondition", async () => {
    const { collection, db } = setupClient(address());
    const outcomes = await times(contenders, (index) =>
      transact(db, async (transaction) => {
        const task = await transaction.get(collection.doc("task"));
        if (task.exists) return "duplicate";
        transaction.set(collection.doc("task"), { by: index });
        return "first";
      }),
    );
    expect(outcomes.filter((outcome) => outcome === "first")).toHaveLength(1);
  });

  test("lets one of many concurrent creates win without a transaction", async () => {
    const { collection } = setupClient(address());
    const outcomes = await Promise.allSettled(
      Array.from({ length: contenders }, (_, index) => collection.doc("task").create({ by: index })),
    );
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.map((outcome): unknown => outcome.reason.code)).toEqual(Array(contenders - 1).fill(6));
  });

  test("prevents write skew: of two that read both documents, only one may act on it", async () => {
    const { collection, db } = setupClient(address());
    const [a, b] = [collection.doc("a"), collection.doc("b")];
    await db.batch().set(a, { on: 1 }).set(b, { on: 1 }).commit();
    const bothHaveRead = barrier(2);
    await Promise.all(
      [a, b].map((mine) =>
        transact(db, async (transaction) => {
          const both = await transaction.getAll(a, b);
          await bothHaveRead();
          const on = both.reduce((sum, document) => sum + Number(document.get("on")), 0);
          if (on === 2) transaction.update(mine, { on: 0 });
        }),
      ),
    );
    const left = (await db.getAll(a, b)).map((document) => Number(document.get("on")));
    expect(left[0] ?? 0).toBe(1 - (left[1] ?? 0));
  });

  test("prevents phantoms: of those that found nothing, only one may insert", async () => {
    const { collection, db } = setupClient(address());
    const parties = 3;
    const allHaveRead = barrier(parties);
    await times(parties, (index) =>
      transact(db, async (transaction) => {
        const taken = await transaction.get(collection.where("slot", "==", 1));
        await allHaveRead();
        if (taken.empty) transaction.create(collection.doc(`winner${index}`), { slot: 1 });
      }),
    );
    expect((await collection.get()).size).toBe(1);
  });

  test("lets each of several claimers take another lowest document", async () => {
    const { collection, db } = setupClient(address());
    const batch = db.batch();
    for (let i = 0; i < 6; i++) batch.set(collection.doc(`job${i}`), { state: "new", i });
    await batch.commit();
    const lowest: Query = collection.where("state", "==", "new").orderBy("i").limit(1);
    const claimed = await times(4, () =>
      transact(db, async (transaction) => {
        const [job] = (await transaction.get(lowest)).docs;
        if (!job) throw new Error("There is no job left.");
        transaction.update(job.ref, { state: "taken" });
        return job.id;
      }),
    );
    expect(claimed.toSorted()).toEqual(["job0", "job1", "job2", "job3"]);
  });

  test("applies both a transaction's update and an outside write that waited for its lock", async () => {
    const { collection, db } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ n: 0 });
    let outside: Promise<unknown> = Promise.resolve();
    await transact(db, async (transaction, attempt) => {
      const before = await transaction.get(document);
      if (attempt === 1) outside = document.update({ other: 1 });
      transaction.update(document, { n: Number(before.get("n")) + 1 });
    });
    await outside;
    expect((await document.get()).data()).toEqual({ n: 1, other: 1 });
  });

  test("lets an outside read pass a transaction's lock, and see the state before", async () => {
    const { collection, db } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ n: 0 });
    const during = await transact(db, async (transaction) => {
      await transaction.get(document);
      transaction.update(document, { n: 1 });
      return await document.get();
    });
    expect(during.get("n")).toBe(0);
    expect((await document.get()).get("n")).toBe(1);
  });

  test("shares locks among readers", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({ n: 7 });
    const parties = 4;
    const allHaveRead = barrier(parties);
    const read = await times(parties, () =>
      transact(db, async (transaction) => {
        const document = await transaction.get(collection.doc("a"));
        await allHaveRead();
        return document.get("n") as unknown;
      }),
    );
    expect(read).toEqual([7, 7, 7, 7]);
  });
}
