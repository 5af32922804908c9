import { status } from "@grpc/grpc-js";
import type { Fault, FaultyAnswer } from "../../harness/network/fault-proxy.ts";

/** One way in which a call fails: a row of the matrix. */
export interface MatrixFault {
  /** What happens, then when. */
  readonly name: string;
  readonly when: Fault["when"];
  readonly answer: FaultyAnswer;
}

/** One way in which a handler fails; `its-own` ends as it would have, but later. */
export interface HandlerFault {
  readonly name: string;
  readonly when: Fault["when"];
  readonly answer: "gone" | "throws" | "nothing" | "its-own";
}

const ERRORS: readonly (readonly [string, FaultyAnswer])[] = [
  ["UNAVAILABLE", { status: status.UNAVAILABLE }],
  ["ABORTED", { status: status.ABORTED }],
  ["DEADLINE_EXCEEDED", { status: status.DEADLINE_EXCEEDED }],
  ["INTERNAL", { status: status.INTERNAL }],
  ["UNKNOWN", { status: status.UNKNOWN }],
  ["CANCELLED", { status: status.CANCELLED }],
  ["stream cut off", "reset"],
  ["connection cut", "disconnect"],
];

const ANSWERS: typeof ERRORS = [["process killed", "gone"], ...ERRORS, ["no answer", "nothing"]];

/** What a client observes when a call fails. */
export const ERROR_NAMES: readonly string[] = ERRORS.map(([name]) => name);

/**
 * Faults of a call: each one before the call takes effect and after it, and a request that arrives when all is over.
 */
export const MATRIX_FAULTS: readonly MatrixFault[] = [
  ...ANSWERS.map(([name, answer]) => ({ name: `${name}, before`, when: "before-effect", answer }) as const),
  ...ANSWERS.map(([name, answer]) => ({ name: `${name}, after`, when: "after-effect", answer }) as const),
  { name: "request delayed to the end", when: "after-effect", answer: "its-own" },
];

/** Faults of a handler: the same as a call's, but a handler throws instead of returning a status. */
export const HANDLER_FAULTS: readonly HandlerFault[] = [
  { name: "process killed, before", when: "before-effect", answer: "gone" },
  { name: "throws, before", when: "before-effect", answer: "throws" },
  { name: "never ends, before", when: "before-effect", answer: "nothing" },
  { name: "process killed, after", when: "after-effect", answer: "gone" },
  { name: "throws, after", when: "after-effect", answer: "throws" },
  { name: "never ends, after", when: "after-effect", answer: "nothing" },
  { name: "goes on when all is over", when: "before-effect", answer: "its-own" },
];
