import type { RawAnswer } from "../../../harness/network/raw-http.ts";
import { secretsOf } from "../../../harness/auth/secrets.ts";
import type { Mutation } from "./mutations.ts";

/** One request and everything that came of it. */
export interface Observed extends RawAnswer {
  /** The outcome that the worker reports; undefined if Node or the router answered. */
  readonly outcome: string | undefined;
  readonly calls: Readonly<Record<string, number>>;
  /** How the runs of the handler ended. */
  readonly runs: readonly string[];
  readonly lines: readonly string[];
  readonly token: string;
  readonly mutations: readonly Mutation[];
  readonly hasKeys: boolean;
}

/** The statuses with which Node or the worker refuses a request. Null is a closed connection, as for CONNECT. */
const REFUSALS: ReadonlySet<number | null> = new Set([400, 401, 403, 404, 413, 415, 417, 431, null]);
/** The outcomes of deliveries that are ours, with their statuses. */
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
  "the response is one of those designed": (seen) =>
    isHandled(seen) || isUnavailable(seen) || REFUSALS.has(seen.status),
  "only a handler that threw gets 500": ({ status, runs }) => status !== 500 || runs.join() === "throws",
  "503 occurs only without keys": (seen) => seen.status !== 503 || !seen.hasKeys,
  "nobody is served without keys": (seen) => seen.hasKeys || !isHandled(seen),
  "a refused request reads, writes and runs nothing": (seen) => isHandled(seen) || isQuiet(seen),
  "a refused request is not logged as our error": (seen) =>
    isHandled(seen) || seen.lines.every((line) => !line.includes('"severity":"ERROR"')),
  "a delivery runs at most once": ({ runs }) => runs.length <= 1,
  "a harmful mutation is refused": (seen) => !seen.mutations.some(({ isHarmful }) => isHarmful) || !isHandled(seen),
  "a harmless mutation is handled": (seen) =>
    !seen.hasKeys ||
    seen.mutations.some(({ isHarmful }) => isHarmful !== false) ||
    (isHandled(seen) && seen.runs.length === 1),
  "a delivery is logged once, any other request at most once": ({ outcome, lines }) => {
    const logged = lines.filter((line) => line.includes('"message":"delivery"')).length;
    return outcome === undefined ? logged <= 1 : logged === 1;
  },
  "a response of the worker's is not cached or sniffed, and is a problem unless it is an acknowledgement": (seen) =>
    seen.outcome === undefined ||
    (/\r\ncache-control: no-store\r\n/i.test(seen.text) &&
      /\r\nx-content-type-options: nosniff\r\n/i.test(seen.text) &&
      (seen.status === 200 || /\r\ncontent-type: application\/problem\+json\r\n/i.test(seen.text))),
  "no secret leaks": ({ text, lines, token }) =>
    secretsOf(token).every((secret) => !text.includes(secret) && !lines.join("").includes(secret)),
};

/** The promises that a request broke; there should be none. */
export function brokenPromises(observed: Observed): readonly string[] {
  return Object.keys(PROMISES).filter((promise) => PROMISES[promise]?.(observed) === false);
}
