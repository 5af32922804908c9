import { status } from "@grpc/grpc-js";
import type { CallResult } from "./execute.ts";
import { type Json, isArray, membersOf } from "./json.ts";
import type { Operation } from "./operation.ts";

/** Whether both succeeded. */
export const areOk = (ours: CallResult, theirs: CallResult): boolean =>
  ours.code === status.OK && theirs.code === status.OK;

/** Whether only ours calls it invalid: the whole request, or one of the writes in a BatchWrite. */
export function oursAloneRefuses(ours: CallResult, theirs: CallResult): boolean {
  if (!areOk(ours, theirs)) return ours.code === status.INVALID_ARGUMENT && theirs.code !== status.INVALID_ARGUMENT;
  const [mine, others] = [ours, theirs].map(({ replies }) => replies[0]?.["status"]);
  if (!isArray(mine) || !isArray(others)) return false;
  return mine.some((code, i) => code === status.INVALID_ARGUMENT && others[i] !== status.INVALID_ARGUMENT);
}

/** Whether an operation's request contains this. */
export function asks({ request }: Operation, what: string | RegExp): boolean {
  const text = JSON.stringify(request);
  return typeof what === "string" ? text.includes(what) : what.test(text);
}

/** The databases that a request names. */
export function databasesIn({ request }: Operation): Set<string> {
  return new Set(JSON.stringify(request).match(/projects\/[^/"]+\/databases\/[^/"]+/g));
}

/** Whether a list is empty or missing. */
export const isEmpty = (json: Json | undefined): boolean => json === undefined || (isArray(json) && json.length === 0);

/** Whether there is a mask, and it is empty. */
export const isEmptyMask = (json: Json | undefined): boolean => JSON.stringify(json) === '{"fieldPaths":[]}';

/** Whether several writes of a commit are to the same document. */
export function writesTwice(writes: Json | undefined): boolean {
  const names = isArray(writes) ? [...JSON.stringify(writes).matchAll(/"(?:name|delete|document)":"([^"]*)"/g)] : [];
  return new Set(names.map(([, name]) => name)).size < names.length;
}

/** Whether only doubles differ, and only by rounding. */
export function differByRounding(ours: CallResult, theirs: CallResult): boolean {
  const [mine, others] = [doublesOf(ours), doublesOf(theirs)];
  return differOnlyBy(["doubleValue"], ours, theirs) && mine.every((sum, i) => isRounded(sum, others[i] ?? Number.NaN));
}

function doublesOf({ replies }: CallResult): number[] {
  return [...membersOf(replies)].flatMap(([name, value]) => (name === "doubleValue" ? Number(value) : []));
}

/** What sums lose beside 2^63 and beside the largest double, which both occur in cases. Nothing is lost in between. */
const MAX_LOST = 2 ** 12;
const MIN_LOST_BESIDE_THE_LARGEST = 2 ** 969;

function isRounded(mine: number, other: number): boolean {
  if (Object.is(mine, other)) return true;
  const apart = Math.abs(mine - other);
  return apart <= MAX_LOST || (apart >= MIN_LOST_BESIDE_THE_LARGEST && Number.isFinite(apart));
}

/** Whether both succeeded, and their replies differ only in some members. */
export function differOnlyBy(members: readonly string[], ours: CallResult, theirs: CallResult): boolean {
  const [mine, others] = [ours, theirs].map(({ replies }) =>
    JSON.stringify(replies, (name, value: unknown) => (members.includes(name) ? undefined : value)),
  );
  return areOk(ours, theirs) && mine === others;
}
