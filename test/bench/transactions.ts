import { z } from "zod";
import { type EmulatorProcess, type EmulatorProgram, startEmulatorProcess } from "./emulator-process.ts";
import { runLoad } from "./load.ts";
import { median } from "./median.ts";

/** How many documents are incremented, and how often each, by clients that come to it at the same time. */
export interface TransactionLoad {
  readonly documents: number;
  readonly increments: number;
}

const CLIENTS = 32;
const CONNECTIONS = 4;

const loaded = z.object({ perSecond: z.number() });

/** What runs where, for the figures. */
export const TRANSACTION_SETUP = `${CLIENTS} clients on ${CONNECTIONS} connections; load and emulator each a process`;

/**
 * Medians of transactions a second, for each of the emulators, which are loaded in turn, so that whatever else the
 * machine does hits all of them. The first round of each is not counted: it warms them up.
 */
export async function measureTransactions(
  programs: readonly EmulatorProgram[],
  load: TransactionLoad,
  rounds: number,
): Promise<number[]> {
  const emulators: { running: EmulatorProcess; rates: number[] }[] = [];
  try {
    for (const program of programs) emulators.push({ running: await startEmulatorProcess(program), rates: [] });
    for (let round = 0; round <= rounds; round++) {
      for (const { running, rates } of emulators) {
        const rate = await loadOnce(running, load, round);
        if (round > 0) rates.push(rate);
      }
    }
    return emulators.map(({ rates }) => median(rates));
  } finally {
    await Promise.all(emulators.map(({ running }) => running.stop()));
  }
}

async function loadOnce({ address }: EmulatorProcess, load: TransactionLoad, round: number): Promise<number> {
  const collection = `round-${round}`;
  const settings = { ...load, address, collection, clients: CLIENTS, connections: CONNECTIONS };
  return loaded.parse(await runLoad("firestore-load.ts", settings)).perSecond;
}
