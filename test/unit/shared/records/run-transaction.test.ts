import type { Transaction } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { runTransaction } from "../../../../shared/records/run-transaction.ts";

/** A client whose transactions fail with these, one after the other, and then succeed. It tells how often each may try. */
function setup(...failures: readonly Error[]) {
  const tries: (number | undefined)[] = [];
  const left = [...failures];
  const runner = {
    async runTransaction<Result>(
      _body: (transaction: Transaction) => Promise<Result>,
      { maxAttempts }: { maxAttempts?: number } = {},
    ): Promise<Result> {
      tries.push(maxAttempts);
      const failure = left.shift();
      if (failure) throw failure;
      return await _body(Object.create(null));
    },
  };
  return { tries, run: () => runTransaction(runner, async () => "done") };
}

const failing = (code: number, message = "It failed."): Error => Object.assign(new Error(message), { code });

test("a transaction that succeeds is tried once", async () => {
  const { run, tries } = setup();

  expect(await run()).toBe("done");
  expect(tries).toEqual([1]);
});

test("after three lost locks the client tries as often as it would alone", async () => {
  const lost = failing(status.ABORTED);
  const { run, tries } = setup(lost, lost, lost);

  expect(await run()).toBe("done");
  expect(tries).toEqual([1, 1, 1, undefined]);
});

test.each([
  ["an outage", failing(status.UNAVAILABLE)],
  ["a transaction that has expired", failing(status.INVALID_ARGUMENT, "The referenced transaction has expired.")],
])("after %s the client tries as often as it would alone", async (_what, failure) => {
  const { run, tries } = setup(failure);

  expect(await run()).toBe("done");
  expect(tries).toEqual([1, undefined]);
});

test.each([
  ["a refusal", failing(status.INVALID_ARGUMENT, "A document is too large.")],
  ["a handler's error", new Error("The handler threw.")],
])("%s is passed on at once", async (_what, failure) => {
  const { run, tries } = setup(failure);

  await expect(run()).rejects.toBe(failure);
  expect(tries).toEqual([1]);
});
