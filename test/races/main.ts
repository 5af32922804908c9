import { readArguments } from "../harness/runtime/read-arguments.ts";
import { RACING_STATES } from "./race.ts";
import type { RacingKind } from "./race-world.ts";
import { moveRacesOf, runMoveRaces } from "./moves/move-interleavings.ts";
import { startMoveWorld } from "./moves/move-world.ts";
import { type Tally, runRaces } from "./run-races.ts";

const KINDS = ["natural", "claim", "transaction"] as const satisfies readonly RacingKind[];

const MOVES = "moves";
const STATES = [...RACING_STATES, MOVES];

const USAGE = `npm run races [-- OPTIONS]

Cancels that race with deliveries, for each kind of task and each state in which the cancel finds it; and cancels, run now and
other times that race with the relay, a delivery or a hop ("${MOVES}"). Prints how often each interleaving occurred; exit code 1
if a promise was broken.

  --times N        races of each kind and state; default 1000
  --kinds LIST     separated by commas; default ${KINDS.join(",")}
  --states LIST    default ${STATES.join(",")}
`;

const { values } = readArguments(USAGE, {
  times: { type: "string", default: "1000" },
  kinds: { type: "string", default: KINDS.join(",") },
  states: { type: "string", default: STATES.join(",") },
});
const named = <Name extends string>(names: readonly Name[], list: string): Name[] =>
  names.filter((name) => list.split(",").includes(name));
const times = Number(values.times);
let broken = 0;
const report = (name: string, tally: Pick<Tally, "interleavings" | "broken" | "races">): void => {
  process.stdout.write(`${name}: ${tally.races} races, ${tally.broken.length} broken promises\n`);
  for (const [one, count] of tally.interleavings) process.stdout.write(`${String(count).padStart(6)}  ${one}\n`);
  for (const one of tally.broken) process.stdout.write(`BROKEN ${one}\n`);
  broken += tally.broken.length;
};
const world = await startMoveWorld();
for (const kind of named(KINDS, values.kinds)) {
  for (const state of named(RACING_STATES, values.states)) {
    report(`${kind}, ${state}`, await runRaces(world, { kind, state, times }));
  }
  if (values.states.split(",").includes(MOVES)) {
    report(`${kind}, ${MOVES}`, await runMoveRaces(world, { races: moveRacesOf(kind), times }));
  }
}
await world.stop();
process.exitCode = broken === 0 ? 0 : 1;
