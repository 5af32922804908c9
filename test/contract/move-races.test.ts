import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { forcedRacesOf, runMoveRaces } from "../races/moves/move-interleavings.ts";
import { type MoveWorld, startMoveWorld } from "../races/moves/move-world.ts";

const EXPECTED = path.resolve(import.meta.dirname, "../races/moves/interleavings.snapshot.txt");

/** Half a minute on a busy machine. */
const LIMIT_MS = 300_000;

let world: MoveWorld;
beforeAll(async () => {
  world = await startMoveWorld();
});
afterAll(() => world.stop());

test(
  "a cancel, or another time, that races with the relay, a delivery or a hop keeps its word in every interleaving",
  { timeout: LIMIT_MS },
  async () => {
    const interleavings: string[] = [];
    for (const kind of ["natural", "claim"] as const) {
      const races = forcedRacesOf(kind);
      const tally = await runMoveRaces(world, { races, times: races.length });
      expect(tally.broken).toEqual([]);
      interleavings.push(kind, ...[...tally.interleavings.keys()].toSorted().map((name) => `  ${name}`));
    }
    await expect(`${interleavings.join("\n")}\n`).toMatchFileSnapshot(EXPECTED);
  },
);
