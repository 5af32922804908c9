import { expect, test } from "vitest";
import { createTransferBetweenAccounts } from "../../../../services/worker/handlers/transfer-between-accounts.ts";
import { transferBetweenAccounts } from "../../../../shared/tasks/ledger-transfer.ts";
import { shuffled } from "../../../harness/runtime/shuffled.ts";
import { type WorkerHarness, sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

async function setup(balances: Record<string, number | { balance: number; overdraft: boolean }>) {
  const worker = await setUpWorker((db) => [createTransferBetweenAccounts({ db })]);
  const accounts = worker.db.collection("accounts");
  for (const [id, account] of Object.entries(balances)) {
    await accounts.doc(id).set(typeof account === "number" ? { balance: account } : account);
  }
  const balanceOf = async (id: string): Promise<unknown> => (await accounts.doc(id).get()).get("balance");
  worker.callsSince();
  return { worker, balanceOf };
}

function transfer(from: string, to: string, amount: number) {
  return sealTask(transferBetweenAccounts, { from, to, amount });
}

test("the good path is one commit, and one read of the record besides the accounts", async () => {
  const { worker, balanceOf } = await setup({ a: 100, b: 0 });
  const task = transfer("a", "b", 30);

  const answer = await worker.deliver(task);

  expect(answer.status).toBe(200);
  expect(worker.callsSince()).toEqual({ BatchGetDocuments: 2, Commit: 1 });
  expect([await balanceOf("a"), await balanceOf("b")]).toEqual([70, 30]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1, result: { from: 70, to: 30 } });
});

test("a repeated delivery is a duplicate and moves nothing", async () => {
  const { worker, balanceOf } = await setup({ a: 100, b: 0 });
  const task = transfer("a", "b", 30);
  await worker.deliver(task);

  const again = await worker.deliver(task);

  expect(again.headers.get("Handoff-Outcome")).toBe("duplicate");
  expect([await balanceOf("a"), await balanceOf("b")]).toEqual([70, 30]);
});

test("200 transfers between 10 accounts, each delivered at least twice in any order, each take effect once", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `account-${index}`);
  const { worker } = await setup(Object.fromEntries(names.map((name) => [name, { balance: 1_000, overdraft: true }])));
  const tasks = Array.from({ length: 200 }, (_, index) => {
    const from = index % 10;
    return transfer(`account-${from}`, `account-${(from + 1 + (index % 9)) % 10}`, index + 1);
  });
  const expected = expectedBalances(tasks, 1_000);

  const deliveries = shuffled([...tasks, ...tasks, ...tasks.slice(0, 50)]);
  await deliverAll(worker, deliveries);

  const { docs } = await worker.db.collection("accounts").get();
  const balances = Object.fromEntries(docs.map((doc) => [doc.id, Number(doc.get("balance"))]));
  expect(balances).toEqual(expected);
  expect(Object.values(balances).reduce((sum, balance) => sum + balance, 0)).toBe(10_000);
  for (const task of tasks) expect((await worker.recordOf(task))?.state).toBe("succeeded");
});

test.each([
  ["an unknown payer", { b: 0 }, "unknown_account"],
  ["an unknown payee", { a: 100 }, "unknown_account"],
  ["too little money", { a: 29, b: 0 }, "insufficient_funds"],
])("%s is permanent: the letter is kept and nothing moves", async (_, balances: Record<string, number>, code) => {
  const { worker, balanceOf } = await setup(balances);
  const task = transfer("a", "b", 30);

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  expect([await balanceOf("a"), await balanceOf("b")]).toEqual([balances["a"], balances["b"]]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", lastError: { code } });
  expect(await worker.deadLetters()).toMatchObject([{ taskId: task.id, error: { code } }]);
});

test("an account with overdraft may go below zero", async () => {
  const { worker, balanceOf } = await setup({ a: { balance: 0, overdraft: true }, b: 0 });

  const answer = await worker.deliver(transfer("a", "b", 30));

  expect(answer.status).toBe(200);
  expect([await balanceOf("a"), await balanceOf("b")]).toEqual([-30, 30]);
});

test("a malformed account is a bug: 500, an attempt counted, and nothing moves", async () => {
  const { worker, balanceOf } = await setup({ a: 100, b: 0.5 });
  const task = transfer("a", "b", 30);

  const answer = await worker.deliver(task);

  expect(answer.status).toBe(500);
  expect([await balanceOf("a"), await balanceOf("b")]).toEqual([100, 0.5]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", attempts: 1 });
});

/** Delivers several at once, each repeatedly until it is acknowledged, as the queue would. */
async function deliverAll(worker: WorkerHarness, tasks: readonly ReturnType<typeof transfer>[]): Promise<void> {
  const waiting = [...tasks];
  const deliverNext = async (): Promise<void> => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const { status } = await worker.deliver(task);
      if (status !== 200) waiting.push(task);
    }
  };
  await Promise.all(Array.from({ length: 8 }, deliverNext));
}

/** Every transfer applied once, in plain arithmetic. */
function expectedBalances(tasks: readonly ReturnType<typeof transfer>[], initial: number): Record<string, number> {
  const balances = new Map<string, number>();
  for (const { payload } of tasks) {
    const { from, to, amount } = transferBetweenAccounts.payload.parse(payload);
    balances.set(from, (balances.get(from) ?? initial) - amount);
    balances.set(to, (balances.get(to) ?? initial) + amount);
  }
  return Object.fromEntries(balances);
}
