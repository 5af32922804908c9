/** One entry of a record's log, as far as it can be checked against the record. */
export interface ToldAttempt {
  readonly attempt: unknown;
  readonly outcome: unknown;
}

/** Outcomes of attempts that aren't counted, and so leave their number to the next one. */
const UNCOUNTED: ReadonlySet<unknown> = new Set(["released", "saturated", "snoozed", "unknown-type"]);

const MOST_ENTRIES = 10;

/** What is wrong with the log of a record; undefined if nothing is. Each counted attempt must be told of once, in order. */
export function problemOfLog(
  log: readonly ToldAttempt[],
  { state, attempts }: { readonly state: string; readonly attempts: number },
): string | undefined {
  // A cancel can leave an attempt at work, which is counted and has no end.
  if (state === "cancelled") return undefined;
  const ended = state === "running" ? attempts - 1 : attempts;
  const numbers = log.filter(({ outcome }) => !UNCOUNTED.has(outcome)).map(({ attempt }) => attempt);
  const first = log.length < MOST_ENTRIES ? 1 : ended - numbers.length + 1;
  const expected = Array.from({ length: Math.max(0, ended - first + 1) }, (_, index) => first + index);
  const isRight = log.length <= MOST_ENTRIES && numbers.join() === expected.join();
  return isRight ? undefined : `tells of the attempts ${numbers.join(", ")}, not ${expected.join(", ")}`;
}
