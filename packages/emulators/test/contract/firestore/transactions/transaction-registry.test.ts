import { expect, it } from "vitest";
import { TransactionRegistry } from "../../../../src/firestore/transactions/transaction-registry.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";

const READ_WRITE = { kind: "read-write" } as const;
const EXPIRED = "The referenced transaction has expired or is no longer valid.";

it("remembers a transaction's ending and age for five minutes", async () => {
  const clock = new VirtualClock();
  const transactions = new TransactionRegistry(clock, () => undefined);
  const wounded = transactions.begin(READ_WRITE);
  transactions.end(wounded, "wounded");
  await clock.advance(299_999);
  expect(() => transactions.use(wounded.id)).toThrow("cross-transaction contention");
  expect(transactions.begin(READ_WRITE, wounded.id).age).toBe(wounded.age);

  await clock.advance(1);
  expect(() => transactions.use(wounded.id)).toThrow(EXPIRED);
  expect(transactions.begin(READ_WRITE, wounded.id).age).toBeGreaterThan(wounded.age);
});

it("forgets the older half when more than 20,000 have ended", () => {
  const transactions = new TransactionRegistry(new VirtualClock(), () => undefined);
  const ended = Array.from({ length: 20_001 }, () => {
    const transaction = transactions.begin(READ_WRITE);
    transactions.end(transaction, "wounded");
    return transaction;
  });
  const reasons = ended.map(({ id }) => {
    try {
      return transactions.use(id);
    } catch (error) {
      return error instanceof Error && error.message === EXPIRED ? "forgotten" : "remembered";
    }
  });
  expect(reasons.indexOf("remembered")).toBe(10_001);
  expect(reasons.lastIndexOf("forgotten")).toBe(10_000);
});

it("doesn't count a jump of the clock towards a transaction's age, nor as time that it was idle", async () => {
  const clock = new VirtualClock();
  let aheadMs = 0;
  const jumping = {
    now: () => clock.now() + aheadMs,
    monotonic: () => clock.monotonic(),
    setTimer: clock.setTimer.bind(clock),
  };
  const expired: Uint8Array[] = [];
  const transactions = new TransactionRegistry(jumping, (transaction) => {
    expired.push(transaction.id);
    transactions.end(transaction, "expired");
  });
  const used = transactions.begin(READ_WRITE);
  await clock.advance(59_999);
  transactions.use(used.id);
  aheadMs = 3_600_000;
  await clock.advance(59_999);
  expect(expired).toEqual([]);
  aheadMs = -3_600_000;
  await clock.advance(1);
  expect(expired).toEqual([used.id]);
});
