/** The fields of a log entry that can be checked against the record. */
export interface LoggedAttempt {
  readonly attempt: unknown;
  readonly outcome: unknown;
}

/** Outcomes of attempts that aren't counted, so that the next attempt has the same number. */
const UNCOUNTED: ReadonlySet<unknown> = new Set(["released", "saturated", "snoozed", "unknown-type"]);

const MAX_ENTRIES = 10;

/** What is wrong with a record's log; undefined if nothing is. It must list each counted attempt once, in order. */
export function problemOfLog(
  log: readonly LoggedAttempt[],
  { state, attempts }: { readonly state: string; readonly attempts: number },
): string | undefined {
  // A cancel can leave an attempt running, which is counted but has no end.
  if (state === "cancelled") return undefined;
  const ended = state === "running" ? attempts - 1 : attempts;
  const numbers = log.filter(({ outcome }) => !UNCOUNTED.has(outcome)).map(({ attempt }) => attempt);
  const first = log.length < MAX_ENTRIES ? 1 : ended - numbers.length + 1;
  const expected = Array.from({ length: Math.max(0, ended - first + 1) }, (_, index) => first + index);
  const isRight = log.length <= MAX_ENTRIES && numbers.join() === expected.join();
  return isRight ? undefined : `tells of the attempts ${numbers.join(", ")}, not ${expected.join(", ")}`;
}
