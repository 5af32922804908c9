import type { Rounds } from "../peers/process/in-turn.ts";
import type { OurBundles } from "../peers/stack/our-bundles.ts";
import type { OurEmulators } from "../peers/stack/our-stack.ts";

/** How much is measured at each point. */
export interface GrowthSizes {
  /** How many tasks wait. */
  readonly queued: readonly number[];
  /** Tasks through the stack, at each number that waits. */
  readonly through: Rounds;
  readonly connections: readonly number[];
  readonly requests: Rounds;
  readonly payloadKb: readonly number[];
  readonly payloads: Rounds;
}

/** What growth is measured with. */
export interface GrowthSetting {
  readonly bundles: OurBundles;
  readonly emulators: OurEmulators;
  readonly sizes: GrowthSizes;
}

const QUEUED = [10, 1_000, 100_000];
const CONNECTIONS = [1, 2, 4, 8, 16, 32, 64];
const PAYLOAD_KB = [1, 32, 64, 128, 192, 256];

export const GROWTH_SIZES = {
  full: {
    queued: QUEUED,
    through: { rounds: 5, requests: 1_000 },
    connections: CONNECTIONS,
    requests: { rounds: 7, requests: 320 },
    payloadKb: PAYLOAD_KB,
    payloads: { rounds: 7, requests: 40 },
  },
  quick: {
    queued: [10, 100, 1_000],
    through: { rounds: 1, requests: 100 },
    connections: CONNECTIONS,
    requests: { rounds: 1, requests: 64 },
    payloadKb: PAYLOAD_KB,
    payloads: { rounds: 1, requests: 8 },
  },
} as const satisfies Record<string, GrowthSizes>;
