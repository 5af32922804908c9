import { expect, it } from "vitest";
import { TransactionRegistry } from "../../../src/firestore/transactions/transaction-registry.ts";
import { WaitQueue } from "../../../src/firestore/transactions/wait-queue.ts";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";

/** A hundred commits that wait, each for a document of its own, and how often the queue looked at one of them. */
function setup() {
  const clock = new VirtualClock();
  const transactions = new TransactionRegistry(clock, () => undefined);
  const queue = new WaitQueue(clock);
  const looked = { times: 0 };
  const waiting = Array.from({ length: 100 }, (_, n) => {
    const transaction = transactions.begin({ kind: "read-write" });
    const claimant = {
      get age() {
        looked.times += 1;
        return transaction.age;
      },
      transaction,
      writes: new Set([`c/${n}`]),
    };
    const ended = Promise.resolve(
      queue.run(
        claimant,
        () => null,
        () => undefined,
      ),
    ).catch((error: Error) => error.message);
    return { transaction, ended };
  });
  return { queue, waiting, looked };
}

it("looks only at those who wait to write a document, however many wait", () => {
  const { queue, looked } = setup();
  expect(queue.hasOlderWriteTo("c/other", 1_000)).toBe(false);
  expect(queue.hasOlderWriteTo("c/50", 1_000)).toBe(true);
  expect(queue.hasOlderWriteTo("c/50", 1)).toBe(false);
  expect(looked.times).toBe(2);
  queue.failEveryone(() => new Error("over"));
  expect(queue.hasOlderWriteTo("c/50", 1_000)).toBe(false);
});

it("fails the waiting calls of one transaction, and leaves the rest", async () => {
  const { queue, waiting } = setup();
  const [first, second] = waiting;
  if (!first || !second) throw new Error("Nobody waits.");
  queue.failAllOf(first.transaction, () => new Error("lost"));
  expect(await first.ended).toBe("lost");
  expect([...queue.written()]).toHaveLength(99);
  queue.failEveryone(() => new Error("over"));
  expect(await second.ended).toBe("over");
  expect([...queue.written()]).toEqual([]);
});
