import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { racesOf } from "../races/interleavings.ts";
import type { RacingState } from "../races/race.ts";
import { type RaceWorld, type RacingKind, startRaceWorld } from "../races/race-world.ts";
import { runRaces } from "../races/run-races.ts";

const EXPECTED = path.resolve(import.meta.dirname, "../races/interleavings.snapshot.txt");

/** Half a minute on a busy machine. */
const LIMIT_MS = 300_000;

/** A scheduled task differs from one that is queued only in its queue. */
const RACING: readonly (readonly [RacingKind, RacingState])[] = [
  ["natural", "queued"],
  ["natural", "waiting"],
  ["natural", "running"],
  ["claim", "queued"],
  ["claim", "scheduled"],
  ["claim", "waiting"],
  ["claim", "running"],
  ["transaction", "queued"],
  ["transaction", "waiting"],
  ["transaction", "running"],
];

let world: RaceWorld;
beforeAll(async () => {
  world = await startRaceWorld();
});
afterAll(() => world.stop());

test("a cancel that races with a delivery keeps its word in every interleaving", { timeout: LIMIT_MS }, async () => {
  const interleavings: string[] = [];
  for (const [kind, state] of RACING) {
    const tally = await runRaces(world, { kind, state, times: racesOf(kind, state).length });
    expect(tally.broken).toEqual([]);
    // What happens if nothing is held back depends on the machine.
    const forced = [...tally.interleavings.keys()].filter((name) => !name.startsWith("holding nothing"));
    interleavings.push(`${kind}, ${state}`, ...forced.toSorted().map((name) => `  ${name}`));
  }
  await expect(`${interleavings.join("\n")}\n`).toMatchFileSnapshot(EXPECTED);
});
