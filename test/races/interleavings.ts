import type { Hold, Race, Raced, RacingState } from "./race.ts";
import type { RacingKind } from "./race-world.ts";

const BEFORE_IT_RUNS = ["nothing", "the dispatch", "the cancel", "the request"] as const satisfies readonly Hold[];
const WHILE_IT_RUNS = ["nothing", "the cancel", "the request"] as const satisfies readonly Hold[];

/** What is held back in the races of a kind and state. */
function holdsFor(kind: RacingKind, state: RacingState): readonly Hold[] {
  const locks: readonly Hold[] = kind === "transaction" ? ["the lock", "the lock for too long"] : [];
  if (state === "running") {
    const ends: readonly Hold[] = kind === "transaction" ? locks : ["the handler"];
    return [...WHILE_IT_RUNS, ...ends, ...(kind === "claim" ? (["the end"] as const) : [])];
  }
  // A natural task's first delivery reads no record.
  const reads = kind !== "natural" || state === "waiting";
  return [
    ...BEFORE_IT_RUNS,
    "the delivery",
    ...(reads ? (["the delivery's record"] as const) : []),
    ...(kind === "transaction" ? locks : (["the cancel, then the handler"] as const)),
  ];
}

/** Every race of a kind and state that differs in what is held back or how the handler ends. */
export function racesOf(kind: RacingKind, state: RacingState): readonly Race[] {
  return holdsFor(kind, state).flatMap((hold) =>
    [true, false].map((succeeds): Race => ({ kind, state, hold, succeeds })),
  );
}

/** The interleaving of a race that was run: what happened in order, and what both sides were told. */
export function interleavingOf({ events, answer, delivered }: Raced): string {
  const told = `${answer.status} ${answer.says}${answer.mayHaveRun === true ? ", may have run" : ""}`;
  const order = events.map((event) => (event === "answered" ? `answered ${told}` : event)).join(" → ");
  return `${order}; delivery: ${delivered ? `${delivered.status} ${delivered.says}` : "none"}`;
}

/** Every promise that a race has broken. */
export function brokenBy({ kind, state, succeeds }: Race, raced: Raced): string[] {
  const { events, answer, again, delivered, hasLetter, hasEffect, isQueued } = raced;
  const broken: string[] = [];
  const must = (holds: boolean, promise: string): void => void (holds || broken.push(promise));
  const startsLate = events.lastIndexOf("started") > events.indexOf("answered");
  const hasStarted = state === "running" || events.includes("started");
  must(!hasLetter, "leaves no dead letter");
  must(kind !== "transaction" || hasEffect === (raced.state === "succeeded"), "has its effect if it succeeded");
  switch (answer.status) {
    case 200:
      must(kind === "natural" || !startsLate, "starts nothing after the answer");
      // What a transaction's handler did was rolled back.
      must(answer.mayHaveRun === true || !hasStarted || kind === "transaction", "had no effect if it says so");
      must(raced.state === "cancelled" && !isQueued, "is cancelled in its record and its queue");
      must(JSON.stringify(again) === JSON.stringify(answer), "is answered in the same way again");
      break;
    case 202:
      must(kind === "claim" && !startsLate, "starts nothing after it was asked to end");
      must(raced.state === (succeeds ? "succeeded" : "cancelled"), "is cancelled unless it succeeds");
      must(delivered?.status === 200, "is acknowledged once it has ended");
      must(again.status === (succeeds ? 409 : 200), "is answered by how it ended");
      break;
    case 409:
      must(answer.says === "already-finished" && delivered?.says === "done", "is refused only if it has ended");
      must(raced.state === "succeeded" || kind === "natural", "stays as it ended");
      break;
    case 503:
      must(kind === "transaction" && answer.says === "outcome-unknown", "is unknown only while a lock lasts");
      must(again.status === (raced.state === "cancelled" ? 200 : 409), "is answered by how it ended");
      break;
    default:
      broken.push(`answers ${answer.status}`);
  }
  must(raced.state !== "cancelled" || !raced.startsAgain, "never runs again");
  return broken;
}
