import { expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { reuse } from "../../../../services/producer/http/reused.ts";

test("a result is shared while it is pending and for a while after the call", async () => {
  const clock = new VirtualClock();
  let made = 0;
  const gate = Promise.withResolvers<void>();
  const ask = reuse(
    async () => {
      await gate.promise;
      return ++made;
    },
    { clock, forMs: 1_000 },
  );

  const both = [ask(), ask()];
  gate.resolve();
  expect(await Promise.all(both)).toEqual([1, 1]);
  await clock.advance(999);
  expect(await ask()).toBe(1);
  await clock.advance(1);
  expect(await ask()).toBe(2);
});

test("a failure is shared by those who wait for it, and not kept", async () => {
  let asked = 0;
  const ask = reuse(
    async () => {
      if (++asked === 1) throw new Error("down");
      return asked;
    },
    { clock: new VirtualClock(), forMs: 1_000 },
  );

  const both = await Promise.allSettled([ask(), ask()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await ask()).toBe(2);
  expect(asked).toBe(2);
});
