import { array, assert, asyncProperty, constantFrom, record } from "fast-check";
import { randomInt } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { bytesOf, exchange, type RawAnswer } from "../../../harness/network/raw-http.ts";
import { render, validDraft } from "./draft.ts";
import { ENDS, type FuzzedWorker, startFuzzedWorker } from "./fuzzed-worker.ts";
import { anyMutation } from "./mutations.ts";
import { brokenPromises } from "./promises.ts";

/** Enough to reach every end. */
const MANY_CASES = 1_000;
/** More on demand: `CASES=10000 npx vitest run test/contract/worker/fuzz`; `SEED=…` repeats the same ones. */
const CASES = Number(process.env["CASES"] ?? 4_000);
const MAX_MUTATIONS = 3;
/** A request that takes longer hangs. */
const HANG_MS = 10_000;
/** No case takes longer, even on a slow machine. */
const CASE_MS = 100;
const START_MS = 60_000;

const ENDS_SEEN = ["200 done", "200 dead", "424 retry", "500 failed"];
const REFUSALS_SEEN = ["400 malformed", "401 unauthenticated", "403 forbidden", "415 unsupported-media"];

const anyDelivery = record({
  ends: constantFrom(...ENDS),
  mutations: array(anyMutation, { minLength: 1, maxLength: MAX_MUTATIONS }),
});

test.each([
  ["while there are keys", true, [...ENDS_SEEN, ...REFUSALS_SEEN]],
  ["while there are no keys", false, ["401 unauthenticated", "503 unavailable"]],
])(
  "a harmless mutation of a delivery is handled, and a harmful one refused, %s",
  async (when, hasKeys, expected) => {
    const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
    process.stdout.write(`Mutated deliveries ${when}: SEED=${seed} CASES=${CASES}\n`);
    const worker = await startFuzzedWorker(onTestFinished);
    if (!hasKeys) worker.keyServer.respondWith({ status: 500, body: "" });
    const seen = new Set<string>();

    await assert(
      asyncProperty(anyDelivery, async ({ ends, mutations }) => {
        const valid = validDraft({ ends, nowMs: worker.clock.now() });
        const { request, token } = render(mutations.reduce((draft, { apply }) => apply(draft), valid));
        const answer = await exchange(worker.port, bytesOf(request));
        const observed = { ...observe(worker, answer), token, mutations, hasKeys };
        seen.add(`${observed.status} ${observed.outcome}`);
        expect(brokenPromises(observed), `${observed.status} ${observed.outcome}`).toEqual([]);
      }),
      { numRuns: CASES, seed, timeout: HANG_MS },
    );

    expect(CASES < MANY_CASES ? [] : expected.filter((end) => !seen.has(end))).toEqual([]);
  },
  START_MS + CASES * CASE_MS,
);

function observe(worker: FuzzedWorker, answer: RawAnswer) {
  const outcome = /\r\nhandoff-outcome: ([a-z-]+)\r\n/i.exec(answer.text)?.[1];
  return {
    ...answer,
    outcome,
    calls: worker.callsSince(),
    runs: worker.runsSince(),
    lines: worker.linesSince(),
  };
}
