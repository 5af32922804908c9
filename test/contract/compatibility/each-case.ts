import type { Kind } from "./failing-tasks.ts";
import type { Revision } from "./surroundings.ts";

/** Who comes first and who comes second. A revision paired with itself shows what the other has to match. */
const ORDERS = [
  ["previous", "previous"],
  ["previous", "today"],
  ["today", "previous"],
  ["today", "today"],
] as const;

type ByOrder<Result> = Readonly<Record<string, Result>>;
type ByKind<Result> = Readonly<Record<Kind, Result>>;

/** Plays a scenario in each order, one after the other. Resolves with the results by order. */
export async function inEachOrder<Result>(
  play: (first: Revision, second: Revision) => Promise<Result>,
): Promise<ByOrder<Result>> {
  const results = new Map<string, Result>();
  for (const [first, second] of ORDERS) results.set(`${first}, then ${second}`, await play(first, second));
  return Object.fromEntries(results);
}

/** The result that is expected in every order. */
export function inEveryOrder<Result>(result: Result): ByOrder<Result> {
  return Object.fromEntries(ORDERS.map(([first, second]) => [`${first}, then ${second}`, result]));
}

/** Plays a scenario with each kind of task, one after the other. Resolves with the results by kind. */
export async function ofEachKind<Result>(play: (kind: Kind) => Promise<Result>): Promise<ByKind<Result>> {
  return { claim: await play("claim"), transaction: await play("transaction"), natural: await play("natural") };
}

/** The result that is expected of every kind. */
export function ofEveryKind<Result>(result: Result): ByKind<Result> {
  return { claim: result, transaction: result, natural: result };
}
