import { array, assert, constantFrom, property } from "fast-check";
import { randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findDifference } from "./explore/alike.ts";
import { DECISIONS } from "./decisions.ts";
import { explore, follow } from "./explore/explore.ts";
import { stepsOf } from "./steps.ts";

/** All sequences of this many steps are taken; how many there are, and how many different worlds they lead through. */
const ENUMERATED = [
  { kind: "claim", length: 6, sequences: 2_313_060_765_625, worlds: 33_529 },
  { kind: "transaction", length: 6, sequences: 13_339_032_325_696, worlds: 17_055 },
  { kind: "natural", length: 6, sequences: 6_053_445_140_625, worlds: 16_619 },
] as const;

/** Ten seconds of a processor, and more on a busy machine. */
const LIMIT_MS = 300_000;

const LONGEST = 60;
const RANDOM_SEQUENCES = 2_000;

describe.each(ENUMERATED)("a $kind task", ({ kind, length, sequences, worlds }) => {
  it(`keeps every promise in all sequences of ${length} steps`, { timeout: LIMIT_MS }, () => {
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
