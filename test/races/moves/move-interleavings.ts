import {
  MOVES,
  type MoveHold,
  type MoveRace,
  type MoveRaced,
  OPPONENTS,
  type Opponent,
  raceMove,
} from "./move-race.ts";
import type { RacingKind } from "../race-world.ts";
import type { Tally } from "../run-races.ts";
import type { MoveWorld } from "./move-world.ts";

const HOLDS: Readonly<Record<Opponent, readonly MoveHold[]>> = {
  relay: ["nothing", "the other", "the request", "the creation", "the deletion", "the commit"],
  delivery: ["nothing", "the other", "the request", "the delivery", "the commit"],
  hop: ["nothing", "the other", "the request", "the end", "the commit"],
};

/** Every race of a kind that differs in what somebody asks for, what it races with, and what is held back. */
export function moveRacesOf(kind: RacingKind): readonly MoveRace[] {
  const races = MOVES.flatMap((move) =>
    OPPONENTS.flatMap((opponent) => HOLDS[opponent].map((hold): MoveRace => ({ kind, move, opponent, hold }))),
  );
  // A cancel waits for the lock of a transaction that runs; the races of cancels have that.
  return races.filter(({ move, opponent, hold }) => {
    return !(kind === "transaction" && move === "cancel" && opponent === "hop" && hold === "the other");
  });
}

/** What forces two steps to meet, rather than one to follow the other. */
const FORCED: ReadonlySet<MoveHold> = new Set([
  "the creation",
  "the deletion",
  "the delivery",
  "the end",
  "the commit",
]);

/** The races whose interleaving is forced: the same on every machine. */
export function forcedRacesOf(kind: RacingKind): readonly MoveRace[] {
  return moveRacesOf(kind).filter(
    ({ opponent, hold }) => FORCED.has(hold) && !(opponent === "relay" && hold === "the commit"),
  );
}

/** Runs races, taking turns. */
export async function runMoveRaces(
  world: MoveWorld,
  { races, times }: { readonly races: readonly MoveRace[]; readonly times: number },
): Promise<Pick<Tally, "interleavings" | "broken" | "races">> {
  const counts = new Map<string, number>();
  const broken: string[] = [];
  for (let n = 0; n < times; n++) {
    const one = races[n % races.length];
    if (!one) throw new Error("There is a race.");
    const raced = await raceMove(world, one);
    const name = nameOf(one, raced);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    broken.push(...brokenBy(one, raced).map((promise) => `${one.kind}, ${name}: ${promise}`));
  }
  return { interleavings: new Map([...counts].toSorted(([, a], [, b]) => b - a)), broken, races: times };
}

function nameOf({ move, opponent, hold }: MoveRace, { events, answer, delivered, later }: MoveRaced): string {
  const told = `${answer.status} ${answer.says}${answer.mayHaveRun === true ? ", may have run" : ""}`;
  const order = events.map((event) => (event === "answered" ? `answered ${told}` : event)).join(" → ");
  const delivery =
    opponent === "relay" ? "" : `; delivery: ${delivered ? `${delivered.status} ${delivered.says}` : "none"}`;
  const ending = later.length === 0 ? "" : `; later ${later.join(", ")}`;
  return `${move} and ${opponent}, holding ${hold}: ${order}${delivery}${ending}`;
}

/** Every promise that a race has broken. */
function brokenBy({ kind, move, opponent }: MoveRace, raced: MoveRaced): string[] {
  const { events, answer, delivered, record, later, endState, entries, names, scheduleTime } = raced;
  const broken: string[] = [];
  const must = (holds: boolean, promise: string): void => void (holds || broken.push(promise));
  const after = [...events.slice(events.indexOf("answered")), ...later].filter((event) => event.startsWith("started"));
  // Nothing but DeleteTask keeps a natural task's first delivery from running, and one that is on its way goes on.
  const counted = after.filter((start) => !(kind === "natural" && start === "started at hop 0"));
  must(entries.length === 0, "leaves no entry that nobody needs");
  switch (answer.status) {
    case 200:
      must(move === "cancel", "answers 200 to a cancel only");
      must(counted.length === 0, "starts nothing after it was cancelled");
      must(after.length === 0 || answer.mayHaveRun === true, "says that it may have run if it still does");
      must(endState === "cancelled" && names.length === 0, "stays cancelled, and leaves its queue");
      break;
    case 202:
      if (move === "cancel") {
        must(opponent === "hop" && kind === "claim" && after.length === 0, "is asked to end only while it runs");
        must(endState === "cancelled", "is cancelled when it has ended");
        break;
      }
      must(record.hop > 0 || record.state === "succeeded", "goes on to a later hop");
      must(!counted.some((start) => hopOf(start) < record.hop), "starts nothing at its old time");
      if (move === "reschedule") {
        must(counted.length === 0, "starts nothing before its new time");
        must(record.notBefore === scheduleTime && endState === "waiting", "waits for its new time");
      } else {
        must(endState === "succeeded", "has run");
        must(counted.length === 1 || kind === "natural", "runs once");
      }
      break;
    case 409:
      must(answer.says === "already-finished" || answer.says === "task-running", "is refused for a reason");
      must(
        answer.says !== "already-finished" || delivered?.says === "done" || kind === "natural",
        "has ended if it says so",
      );
      must(answer.says !== "task-running" || opponent !== "relay", "runs if it says so");
      break;
    case 503:
      must(kind === "transaction" && opponent !== "relay", "is unknown only while a lock lasts");
      break;
    default:
      broken.push(`answers ${answer.status} ${answer.says}`);
  }
  return broken;
}

function hopOf(start: string): number {
  return Number(start.slice("started at hop ".length));
}
