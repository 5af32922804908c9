import type { ConsoleSize } from "./measures/console-pages.ts";
import type { EndToEndSize } from "./measures/end-to-end.ts";
import { HISTORIES } from "./measures/histories.ts";
import { COSTLY_SHAPES } from "../harness/overload/costly-payloads.ts";

/** How much work each benchmark does. */
export interface Sizes {
  /** Whether Google's emulator runs too, if it is installed. */
  readonly besideGoogles: boolean;
  /** New processes for each start-up figure. */
  readonly starts: number;
  /** Starts of each program that aren't counted: the first brings files into memory, and compiled code into Node's cache. */
  readonly uncounted: number;
  /** Rounds of transactions, and of tasks, that aren't counted: code is slow the first time, on the JVM most of all. */
  readonly warmUps: number;
  readonly bundlePairs: number;
  /** Rounds of transactions at each emulator, alternating. */
  readonly rounds: number;
  readonly transactions: number;
  readonly contendedDocuments: number;
  /** How many of the histories are tried, and how long each is. */
  readonly histories: number;
  readonly historyMinutes: number;
  /** A document that is updated in real time. */
  readonly hotDocument: { readonly perSecond: number; readonly seconds: number };
  readonly dispatchedTasks: number;
  /** Rounds of requests at the services, and requests of each kind in a round. */
  readonly requests: { readonly rounds: number; readonly requests: number };
  readonly waitingTasks: number;
  /** Payloads of each shape that are measured one by one. */
  readonly payloads: number;
  /** How many shapes of payloads are tried. */
  readonly shapes: number;
  /** Large tasks at once, and canaries beside them. */
  readonly flood: { readonly largeTasks: number; readonly canaries: number };
  /** Tasks through the whole local stack: one by one, and in rounds of many at once. */
  readonly endToEnd: EndToEndSize;
  /** What the console's pages show, how often each is asked for, and how long ten tabs of one stay open. */
  readonly console: ConsoleSize;
  /** Tasks or records in the journal that is compacted. */
  readonly stored: number;
}

export const SIZES = {
  full: {
    besideGoogles: true,
    starts: 9,
    uncounted: 1,
    warmUps: 2,
    bundlePairs: 15,
    rounds: 3,
    transactions: 10_000,
    contendedDocuments: 32,
    histories: HISTORIES.length,
    historyMinutes: 30,
    hotDocument: { perSecond: 1_000, seconds: 60 },
    dispatchedTasks: 50_000,
    requests: { rounds: 20, requests: 50 },
    waitingTasks: 100_000,
    payloads: 21,
    shapes: COSTLY_SHAPES.length,
    flood: { largeTasks: 100, canaries: 30 },
    endToEnd: { idleTasks: 200, tasks: 2_000, rounds: 5, callers: 16 },
    console: { queued: 100_000, letters: 10_000, rounds: 11, liveMinutes: 10 },
    stored: 300_000,
  },
  small: {
    besideGoogles: false,
    starts: 1,
    uncounted: 0,
    warmUps: 0,
    bundlePairs: 1,
    rounds: 1,
    transactions: 50,
    contendedDocuments: 1,
    histories: 1,
    historyMinutes: 0.05,
    hotDocument: { perSecond: 100, seconds: 1 },
    dispatchedTasks: 50,
    requests: { rounds: 1, requests: 2 },
    waitingTasks: 100,
    payloads: 1,
    shapes: 1,
    flood: { largeTasks: 3, canaries: 2 },
    endToEnd: { idleTasks: 2, tasks: 10, rounds: 1, callers: 2 },
    console: { queued: 60, letters: 60, rounds: 1, liveMinutes: 0.05 },
    stored: 100,
  },
} as const satisfies Record<string, Sizes>;
