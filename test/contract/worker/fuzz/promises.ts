import type { RawAnswer } from "../../../harness/network/raw-http.ts";
import { secretsOf } from "../../../harness/auth/secrets.ts";
import type { Mutation } from "./mutations.ts";

/** One request and all that came of it. */
export interface Observed extends RawAnswer {
  /** What the worker says became of the delivery; undefined when Node or the router answered. */
  readonly outcome: string | undefined;
  readonly calls: Readonly<Record<string, number>>;
  /** How the runs of the handler ended. */
  readonly runs: readonly string[];
  readonly lines: readonly string[];
  readonly token: string;
  readonly mutations: readonly Mutation[];
  readonly hasKeys: boolean;
}

/** What Node or the worker says to a request that is none of ours. Null is a connection closed, as for CONNECT. */
const REFUSALS: ReadonlySet<number | null> = new Set([400, 401, 403, 404, 413, 415, 417, 431, null]);
/** What is said of deliveries that are ours, and how that is told. */
const HANDLED: ReadonlyMap<string | undefined, number> = new Map([
  ["done", 200],
  ["dead", 200],
  ["retry", 424],
  ["failed", 500],
  ["unknown-type", 404],
]);

const isHandled = ({ status, outcome }: Observed) => HANDLED.get(outcome) === status;
const isUnavailable = ({ status, outcome }: Observed) => status === 503 && outcome === "unavailable";
const isQuiet = ({ calls, runs }: Observed) => Object.keys(calls).length === 0 && runs.length === 0;

const PROMISES: Readonly<Record<string, (observed: Observed) => boolean>> = {
  "the answer is one that was designed": (seen) => isHandled(seen) || isUnavailable(seen) || REFUSALS.has(seen.status),
  "500 is said only of a handler that threw": ({ status, runs }) => status !== 500 || runs.join() === "throws",
  "503 is said only without keys": (seen) => seen.status !== 503 || !seen.hasKeys,
  "nobody is served without keys": (seen) => seen.hasKeys || !isHandled(seen),
  "what is refused reads, writes and runs nothing": (seen) => isHandled(seen) || isQuiet(seen),
  "what is refused is no failure of ours": (seen) =>
    isHandled(seen) || seen.lines.every((line) => !line.includes('"severity":"ERROR"')),
  "a delivery runs at most once": ({ runs }) => runs.length <= 1,
  "what is harmful is refused": (seen) => !seen.mutations.some(({ isHarmful }) => isHarmful) || !isHandled(seen),
  "what is harmless is handled": (seen) =>
    !seen.hasKeys ||
    seen.mutations.some(({ isHarmful }) => isHarmful !== false) ||
    (isHandled(seen) && seen.runs.length === 1),
  "a delivery is logged once, a request that is none at most once": ({ outcome, lines }) => {
    const logged = lines.filter((line) => line.includes('"message":"delivery"')).length;
    return outcome === undefined ? logged <= 1 : logged === 1;
  },
  "an answer of the worker's is not kept, not guessed at, and a problem unless it is an acknowledgement": (seen) =>
    seen.outcome === undefined ||
    (/\r\ncache-control: no-store\r\n/i.test(seen.text) &&
      /\r\nx-content-type-options: nosniff\r\n/i.test(seen.text) &&
      (seen.status === 200 || /\r\ncontent-type: application\/problem\+json\r\n/i.test(seen.text))),
  "no secret is said": ({ text, lines, token }) =>
    secretsOf(token).every((secret) => !text.includes(secret) && !lines.join("").includes(secret)),
};

/** The promises that a request broke, which should be none. */
export function brokenPromises(observed: Observed): readonly string[] {
  return Object.keys(PROMISES).filter((promise) => PROMISES[promise]?.(observed) === false);
}
