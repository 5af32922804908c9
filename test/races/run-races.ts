import { brokenBy, interleavingOf, racesOf } from "./interleavings.ts";
import { type Race, type RacingState, race } from "./race.ts";
import type { RaceWorld, RacingKind } from "./race-world.ts";

/** What the races of one kind and state came to. */
export interface Tally {
  readonly kind: RacingKind;
  readonly state: RacingState;
  /** How often each interleaving occurred, by what was held back; the most frequent first. */
  readonly interleavings: ReadonlyMap<string, number>;
  readonly broken: readonly string[];
  /** How many races of each hold there were. */
  readonly races: number;
}

/** Runs races of a kind and state, taking turns with what is held back and with how the handler ends. */
export async function runRaces(
  world: RaceWorld,
  { kind, state, times }: { readonly kind: RacingKind; readonly state: RacingState; readonly times: number },
): Promise<Tally> {
  const races = racesOf(kind, state);
  const counts = new Map<string, number>();
  const broken: string[] = [];
  for (let n = 0; n < times; n++) {
    const one = races[n % races.length];
    if (!one) throw new Error("There is a race of each kind and state.");
    const raced = await race(world, one);
    const name = `${held(one)}: ${interleavingOf(raced)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    broken.push(...brokenBy(one, raced).map((promise) => `${kind}, ${state}, ${name}: ${promise}`));
  }
  const interleavings = new Map([...counts].toSorted(([, a], [, b]) => b - a));
  return { kind, state, interleavings, broken, races: times };
}

function held({ hold, succeeds }: Race): string {
  return `holding ${hold}, ${succeeds ? "succeeds" : "fails"}`;
}
