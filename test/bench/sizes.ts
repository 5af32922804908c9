/** How much work each benchmark does. */
export interface Sizes {
  /** Whether Google's emulator runs too, if it is installed. */
  readonly besideGoogles: boolean;
  /** New processes for each start-up figure. */
  readonly starts: number;
  readonly bundlePairs: number;
  /** Rounds of transactions at each emulator, alternating. */
  readonly rounds: number;
  readonly transactions: number;
  readonly contendedDocuments: number;
  readonly dispatchedTasks: number;
  readonly waitingTasks: number;
}

export const SIZES = {
  full: {
    besideGoogles: true,
    starts: 9,
    bundlePairs: 15,
    rounds: 3,
    transactions: 10_000,
    contendedDocuments: 32,
    dispatchedTasks: 50_000,
    waitingTasks: 100_000,
  },
  small: {
    besideGoogles: false,
    starts: 1,
    bundlePairs: 1,
    rounds: 1,
    transactions: 50,
    contendedDocuments: 1,
    dispatchedTasks: 50,
    waitingTasks: 100,
  },
} as const satisfies Record<string, Sizes>;
