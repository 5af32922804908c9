import { VirtualClock } from "handoff-emulators/clock";
import { expect, test } from "vitest";
import { EarlyLook, FoundEarly } from "../../../../shared/records/early-look.ts";

/** By now, all looks are over. */
const ALL_LOOKS_MS = 1_000;

/** A transaction as Google's client runs it: a body, then the commit, which fails as told. */
function setup({ looks = [] }: { readonly looks?: readonly (string | undefined | Error)[] } = {}) {
  const clock = new VirtualClock();
  const lookedAtMs: number[] = [];
  const startMs = clock.now();
  const early = new EarlyLook<string>(
    async () => {
      const seen = looks[lookedAtMs.length];
      lookedAtMs.push(clock.now() - startMs);
      if (seen instanceof Error) throw seen;
      return seen;
    },
    { clock },
  );
  let failure: Error | undefined;
  const transaction = {
    commit: async (): Promise<void> => {
      if (failure) throw failure;
    },
  };
  const run = async (ends: { readonly commit?: Error; readonly body?: Error } = {}): Promise<unknown> => {
    failure = ends.commit;
    try {
      await early.watch(transaction, async () => {
        if (ends.body) throw ends.body;
      });
      await transaction.commit();
      return "committed";
    } catch (error) {
      return error;
    }
  };
  return { early, clock, lookedAtMs, run };
}

const failed = (code: number): Error => Object.assign(new Error("failed"), { code });
const ABORTED = failed(10);

test("a lock lost in the commit leads to three looks, each after a longer pause", async () => {
  const { clock, lookedAtMs, run } = setup();

  expect(await run({ commit: ABORTED })).toBe(ABORTED);
  await clock.advance(ALL_LOOKS_MS);

  const [first = 0, second = 0, third = 0, ...more] = lookedAtMs;
  expect(more).toEqual([]);
  expect(first).toBeGreaterThanOrEqual(10);
  expect(first).toBeLessThanOrEqual(30);
  expect(second - first).toBeGreaterThanOrEqual(50);
  expect(second - first).toBeLessThanOrEqual(150);
  expect(third - second).toBeGreaterThanOrEqual(250);
  expect(third - second).toBeLessThanOrEqual(750);
});

test("so does one lost by a read in the body", async () => {
  const { clock, lookedAtMs, run } = setup();

  expect(await run({ body: ABORTED })).toBe(ABORTED);
  await clock.advance(ALL_LOOKS_MS);

  expect(lookedAtMs).toHaveLength(3);
});

test("what a look finds is the result, and the next run ends before its body", async () => {
  const { early, clock, lookedAtMs, run } = setup({ looks: [undefined, "done"] });

  await run({ commit: ABORTED });
  await clock.advance(ALL_LOOKS_MS);

  expect(await early.found).toBe("done");
  expect(lookedAtMs).toHaveLength(2);
  expect(await run({ body: new Error("The body ran.") })).toBeInstanceOf(FoundEarly);
});

test("a look that fails finds nothing", async () => {
  const { early, clock, run } = setup({ looks: [failed(14), "done"] });

  await run({ commit: ABORTED });
  await clock.advance(ALL_LOOKS_MS);

  expect(await early.found).toBe("done");
});

test("nobody looks while the transaction runs again, and a lock lost then leads to looks of its own", async () => {
  const { clock, lookedAtMs, run } = setup();

  await run({ commit: ABORTED });
  await clock.advance(30);
  expect(await run()).toBe("committed");
  await clock.advance(ALL_LOOKS_MS);
  expect(lookedAtMs).toHaveLength(1);

  await run({ commit: ABORTED });
  await clock.advance(ALL_LOOKS_MS);
  expect(lookedAtMs).toHaveLength(4);
});

test("nobody looks after another error, or once the transaction has its result", async () => {
  const { early, clock, lookedAtMs, run } = setup();

  await run({ commit: failed(14) });
  await run({ body: new Error("no status") });
  await clock.advance(ALL_LOOKS_MS);
  await run({ commit: ABORTED });
  early.end();
  await clock.advance(ALL_LOOKS_MS);

  expect(lookedAtMs).toEqual([]);
});
