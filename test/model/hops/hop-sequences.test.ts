import { array, assert, constantFrom, property } from "fast-check";
import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DECISIONS } from "../decisions.ts";
import { exploreModel, findDifferenceIn, followModel } from "../explore/engine.ts";
import { HOP_PROMISES, hopModel } from "./hop-model.ts";
import { HOP_STEPS } from "./hop-steps.ts";
import { WRONG_HOP_DECISIONS } from "./hop-wrong-decisions.ts";

/** All sequences of this many steps are taken; how many different worlds they lead through. */
const ENUMERATED = [
  { kind: "claim", length: 6, worlds: 10_896 },
  { kind: "transaction", length: 5, worlds: 2_774 },
  { kind: "natural", length: 5, worlds: 2_154 },
] as const;

/** No wrong decision needs more steps to be caught. */
const CAUGHT_WITHIN = 5;

/** Ten seconds of a processor, and more on a busy machine. */
const LIMIT_MS = 300_000;

const LONGEST = 150;
const RANDOM_SEQUENCES = 200;

describe.each(ENUMERATED)("a $kind task that moves from hop to hop", ({ kind, length, worlds }) => {
  const model = hopModel(kind, { decisions: DECISIONS });

  it(`keeps every promise in all sequences of ${length} steps`, { timeout: LIMIT_MS }, () => {
    const sequences = HOP_STEPS.length ** length;

    expect(exploreModel(model, length)).toEqual({ sequences, worlds, broken: null });
  });

  it(`keeps every promise in random sequences of up to ${LONGEST} steps`, { timeout: LIMIT_MS }, () => {
    const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
    process.stdout.write(`Hops of a ${kind} task: SEED=${seed}\n`);
    const sequence = array(constantFrom(...HOP_STEPS), { maxLength: LONGEST, size: "max" });

    assert(
      property(sequence, (steps) => {
        expect(followModel(model, steps)).toBeNull();
      }),
      { numRuns: RANDOM_SEQUENCES, seed },
    );
  });

  it("behaves alike in worlds that count as alike", { timeout: LIMIT_MS }, () => {
    const { compared, difference } = findDifferenceIn(model, 3);

    expect(difference).toBeNull();
    expect(compared).toBeGreaterThan(100);
  });
});

it.for(HOP_PROMISES.map((promise) => ({ promise, ...WRONG_HOP_DECISIONS[promise] })))(
  "catches a decision that $fault, because it breaks the promise: $promise",
  { timeout: LIMIT_MS },
  ({ promise, kind, decisions }) => {
    const { broken } = exploreModel(hopModel(kind, { decisions, promises: [promise] }), CAUGHT_WITHIN);

    expect(broken?.promise).toBe(promise);
  },
);
