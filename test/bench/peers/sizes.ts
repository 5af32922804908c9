import type { EmulatorSizes } from "./task-emulator/emulator-figures.ts";
import type { Rounds } from "./process/in-turn.ts";

/** How much the table's rows are measured by. */
export interface PeerSizes {
  /** Requests of 1 KB. */
  readonly small: Rounds;
  /** Requests of 255 KB. */
  readonly large: Rounds;
  readonly races: number;
  readonly starts: number;
  /** Tasks that are handed over one by one, to an idle system. */
  readonly idle: Rounds;
  /** Tasks through a whole system. */
  readonly through: Rounds;
  readonly emulator: EmulatorSizes;
  /** Records in the Firestore emulator's journal. */
  readonly records: number;
}

export const PEER_SIZES = {
  full: {
    small: { rounds: 7, requests: 300 },
    large: { rounds: 7, requests: 30 },
    races: 9,
    starts: 9,
    idle: { rounds: 5, requests: 30 },
    through: { rounds: 3, requests: 2_000 },
    emulator: { rounds: 3, tasks: 4_000, ofOneQueue: 1_500, single: 300, queued: 100_000, starts: 9 },
    records: 300_000,
  },
  quick: {
    small: { rounds: 3, requests: 100 },
    large: { rounds: 1, requests: 10 },
    races: 3,
    starts: 3,
    idle: { rounds: 2, requests: 15 },
    through: { rounds: 1, requests: 500 },
    emulator: { rounds: 1, tasks: 1_000, ofOneQueue: 500, single: 50, queued: 10_000, starts: 3 },
    records: 30_000,
  },
} as const satisfies Record<string, PeerSizes>;
