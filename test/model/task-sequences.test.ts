import { array, assert, constantFrom, property } from "fast-check";
import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findDifference } from "./explore/alike.ts";
import { DECISIONS } from "./decisions.ts";
import { explore, follow } from "./explore/explore.ts";
import { stepsOf } from "./steps.ts";

/** All sequences of this many steps are taken; how many there are, and how many different worlds they lead through. */
const ENUMERATED = [
  { kind: "claim", length: 6, sequences: 1_061_520_150_601, worlds: 17_079 },
  { kind: "transaction", length: 6, sequences: 7_858_047_974_841, worlds: 15_348 },
  { kind: "natural", length: 6, sequences: 3_138_428_376_721, worlds: 12_969 },
] as const;

const LONGEST = 60;
const RANDOM_SEQUENCES = 2_000;

describe.each(ENUMERATED)("a $kind task", ({ kind, length, sequences, worlds }) => {
  it(`keeps every promise in all sequences of ${length} steps`, () => {
    expect(explore(kind, { length, decisions: DECISIONS })).toEqual({ sequences, worlds, broken: null });
  });

  it(`keeps every promise in random sequences of up to ${LONGEST} steps`, () => {
    const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
    process.stdout.write(`Sequences of a ${kind} task: SEED=${seed}\n`);
    const sequence = array(constantFrom(...stepsOf(kind)), { maxLength: LONGEST, size: "max" });

    assert(
      property(sequence, (steps) => {
        expect(follow(kind, steps, DECISIONS)).toBeNull();
      }),
      { numRuns: RANDOM_SEQUENCES, seed },
    );
  });

  it("behaves alike in worlds that count as alike", () => {
    const { compared, difference } = findDifference(kind, { length: 4 });

    expect(difference).toBeNull();
    expect(compared).toBeGreaterThan(100);
  });
});
