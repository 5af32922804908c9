import { status } from "@grpc/grpc-js";
import type { Answer } from "./execute.ts";
import { type Json, isArray, membersOf } from "./json.ts";
import type { Operation } from "./operation.ts";

/** Whether both took it. */
export const areOk = (ours: Answer, theirs: Answer): boolean => ours.code === status.OK && theirs.code === status.OK;

/** Google's emulator takes it, or has found something else to refuse; in a BatchWrite it can be one of the writes. */
export function oursAloneRefuses(ours: Answer, theirs: Answer): boolean {
  if (!areOk(ours, theirs)) return ours.code === status.INVALID_ARGUMENT && theirs.code !== status.INVALID_ARGUMENT;
  const [mine, others] = [ours, theirs].map(({ replies }) => replies[0]?.["status"]);
  if (!isArray(mine) || !isArray(others)) return false;
  return mine.some((code, i) => code === status.INVALID_ARGUMENT && others[i] !== status.INVALID_ARGUMENT);
}

/** Whether an operation's request has this in it. */
export function asks({ request }: Operation, what: string | RegExp): boolean {
  const text = JSON.stringify(request);
  return typeof what === "string" ? text.includes(what) : what.test(text);
}

/** The databases that a request names. */
export function databasesIn({ request }: Operation): Set<string> {
  return new Set(JSON.stringify(request).match(/projects\/[^/"]+\/databases\/[^/"]+/g));
}

/** Whether a list is empty, or not there. */
export const isEmpty = (json: Json | undefined): boolean => json === undefined || (isArray(json) && json.length === 0);

/** Whether a mask is there, and empty. */
export const isEmptyMask = (json: Json | undefined): boolean => JSON.stringify(json) === '{"fieldPaths":[]}';

/** Whether several of a commit's writes are to one document. */
export function writesTwice(writes: Json | undefined): boolean {
  const names = isArray(writes) ? [...JSON.stringify(writes).matchAll(/"(?:name|delete|document)":"([^"]*)"/g)] : [];
  return new Set(names.map(([, name]) => name)).size < names.length;
}

/** Whether nothing but doubles differs, and those by no more than rounding. */
export function differByRounding(ours: Answer, theirs: Answer): boolean {
  const [mine, others] = [doublesOf(ours), doublesOf(theirs)];
  return differOnlyBy(["doubleValue"], ours, theirs) && mine.every((sum, i) => isRounded(sum, others[i] ?? Number.NaN));
}

function doublesOf({ replies }: Answer): number[] {
  return [...membersOf(replies)].flatMap(([name, value]) => (name === "doubleValue" ? Number(value) : []));
}

/** Beside 2^63 and the largest double, which occur in cases, sums lose this much; nothing lies between the two. */
const MOST_LOST = 2 ** 12;
const LEAST_LOST_BESIDE_THE_LARGEST = 2 ** 969;

function isRounded(mine: number, other: number): boolean {
  if (Object.is(mine, other)) return true;
  const apart = Math.abs(mine - other);
  return apart <= MOST_LOST || (apart >= LEAST_LOST_BESIDE_THE_LARGEST && Number.isFinite(apart));
}

/** Whether both took it, and answered alike but for some members. */
export function differOnlyBy(members: readonly string[], ours: Answer, theirs: Answer): boolean {
  const [mine, others] = [ours, theirs].map(({ replies }) =>
    JSON.stringify(replies, (name, value: unknown) => (members.includes(name) ? undefined : value)),
  );
  return areOk(ours, theirs) && mine === others;
}
