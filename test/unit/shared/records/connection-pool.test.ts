import { expect, test } from "vitest";
import { ConnectionPool } from "../../../../shared/records/wire/connection-pool.ts";

/** A pool whose clients are numbered, and calls that last until they are told to end. */
function setup() {
  let made = 0;
  const closed: number[] = [];
  const pool = new ConnectionPool(async () => {
    const number = ++made;
    return { number, close: async () => void closed.push(number) };
  });
  /** Begins so many calls. */
  const begin = async (count: number) => {
    const calls = Array.from({ length: count }, () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const on = Promise.withResolvers<number>();
      const done = pool.use(async ({ number }) => {
        on.resolve(number);
        await promise;
      });
      return { on: on.promise, end: resolve, fail: reject, done };
    });
    await Promise.all(calls.map((call) => call.on));
    return calls;
  };
  return { pool, begin, closed, made: () => made };
}

test("makes a hundred calls at once on one connection, and opens another for the next one", async () => {
  const { begin, made } = setup();

  const calls = await begin(101);

  expect(made()).toBe(2);
  expect(await Promise.all(calls.map((call) => call.on))).toEqual([...Array.from({ length: 100 }, () => 1), 2]);
});

test("keeps one connection when nothing is in progress, and closes the others", async () => {
  const { begin, closed, made } = setup();
  const calls = await begin(101);

  for (const call of calls) call.end();
  await Promise.all(calls.map((call) => call.done));
  const [next] = await begin(1);

  expect(closed).toEqual([1]);
  expect(await next?.on).toBe(2);
  expect(made()).toBe(2);
});

test("makes no more calls on a connection whose stream was reset", async () => {
  const { begin, closed } = setup();
  const [other, reset] = await begin(2);

  reset?.fail(new Error("13 INTERNAL: Received RST_STREAM with code 2"));
  await expect(reset?.done).rejects.toThrow("RST_STREAM");
  const [next] = await begin(1);

  expect(await next?.on).toBe(2);
  expect(closed).toEqual([]);
  other?.end();
  await other?.done;
  expect(closed).toEqual([1]);
});

test("waits for calls in progress before it closes, and accepts no more", async () => {
  const { pool, begin, closed } = setup();
  const [call] = await begin(1);

  const closing = pool.close();
  await expect(pool.use(async () => "made")).rejects.toThrow("The client is closed.");
  expect(closed).toEqual([]);
  call?.end();
  await closing;

  expect(closed).toEqual([1]);
});

test("connects again after a failed connection", async () => {
  let tries = 0;
  const pool = new ConnectionPool(async () => {
    if (++tries === 1) throw new Error("There is no way.");
    return { close: async () => {} };
  });

  await expect(pool.use(async () => "made")).rejects.toThrow("There is no way.");
  expect(await pool.use(async () => "made")).toBe("made");
  await pool.close();
});
