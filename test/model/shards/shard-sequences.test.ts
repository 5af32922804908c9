import { array, assert, constantFrom, property } from "fast-check";
import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DECISIONS } from "../decisions.ts";
import { exploreModel, findDifferenceIn, followModel } from "../explore/engine.ts";
import { SHARD_INVARIANTS } from "./shard-invariants.ts";
import { shardModel } from "./shard-model.ts";
import { SHARD_STEPS } from "./shard-steps.ts";
import { WRONG_BUILDS } from "./shard-wrong-decisions.ts";

/** All sequences of this many steps are taken; how many different worlds they lead through. */
const LENGTH = 7;
const ENUMERATED = [
  { kind: "claim", worlds: 22_851 },
  { kind: "transaction", worlds: 22_081 },
  { kind: "natural", worlds: 25_159 },
] as const;

/** No wrong build needs more steps to be caught. */
const CAUGHT_WITHIN = 4;

/** Some seconds of a processor, and more on a busy machine. */
const LIMIT_MS = 300_000;

const LONGEST = 150;
const RANDOM_SEQUENCES = 300;

describe.each(ENUMERATED)("a $kind task while the number of shards changes", ({ kind, worlds }) => {
  const model = shardModel(kind, { decisions: DECISIONS });

  it(`keeps every promise in all sequences of ${LENGTH} steps`, { timeout: LIMIT_MS }, () => {
    const sequences = SHARD_STEPS.length ** LENGTH;

    expect(exploreModel(model, LENGTH)).toEqual({ sequences, worlds, broken: null });
  });

  it(`keeps every promise in random sequences of up to ${LONGEST} steps`, { timeout: LIMIT_MS }, () => {
    const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
    process.stdout.write(`Shards of a ${kind} task: SEED=${seed}\n`);
    const sequence = array(constantFrom(...SHARD_STEPS), { maxLength: LONGEST, size: "max" });

    assert(
      property(sequence, (steps) => {
        expect(followModel(model, steps)).toBeNull();
      }),
      { numRuns: RANDOM_SEQUENCES, seed },
    );
  });

  it("behaves alike in worlds that count as alike", { timeout: LIMIT_MS }, () => {
    const { compared, difference } = findDifferenceIn(model, 4);

    expect(difference).toBeNull();
    expect(compared).toBeGreaterThan(100);
  });
});

it.for(WRONG_BUILDS)(
  "catches a build that $fault, because it breaks the promise: $promise",
  { timeout: LIMIT_MS },
  ({ promise, kind, decisions }) => {
    const { broken } = exploreModel(shardModel(kind, { decisions, promises: [promise] }), CAUGHT_WITHIN);

    expect(broken?.promise).toBe(promise);
  },
);

it("every promise about shards has a build that breaks it", () => {
  const caught = new Set<string>(WRONG_BUILDS.map(({ promise }) => promise));

  expect(Object.keys(SHARD_INVARIANTS).filter((promise) => !caught.has(promise))).toEqual([]);
});
