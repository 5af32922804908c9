import * as z from "zod";
import { type EmulatorProcess, type EmulatorProgram, startEmulatorProcess } from "../processes/emulator-process.ts";
import { runLoad } from "../processes/load.ts";
import { median } from "../median.ts";
import { cpuSeconds } from "../processes/process-usage.ts";

/** How many documents are incremented, and how often each, by clients that compete for it. */
export interface TransactionLoad {
  readonly documents: number;
  readonly increments: number;
}

const CLIENTS = 32;
const CONNECTIONS = 4;

const loaded = z.object({ perSecond: z.number(), transactions: z.number() });

/** What runs where, for the figures. */
export const TRANSACTION_SETUP = `${CLIENTS} clients on ${CONNECTIONS} connections; load and emulator each a process`;

/** One emulator's results: transactions per second, and processor time for each in milliseconds. */
export interface TransactionRate {
  readonly perSecond: number;
  readonly cpuMs: number;
}

/**
 * Medians for each emulator. The load alternates between them, so that other work on the machine affects them all.
 *
 * @param load.warmUps how many rounds come first that don't count.
 */
export async function measureTransactions(
  programs: readonly EmulatorProgram[],
  load: TransactionLoad & { readonly rounds: number; readonly warmUps: number },
): Promise<TransactionRate[]> {
  const emulators: { running: EmulatorProcess; rates: TransactionRate[] }[] = [];
  try {
    for (const program of programs) emulators.push({ running: await startEmulatorProcess(program), rates: [] });
    for (let round = -load.warmUps; round < load.rounds; round++) {
      for (const { running, rates } of emulators) {
        const rate = await loadOnce(running, load, `round${round}`);
        if (round >= 0) rates.push(rate);
      }
    }
    return emulators.map(({ rates }) => ({
      perSecond: median(rates.map(({ perSecond }) => perSecond)),
      cpuMs: median(rates.map(({ cpuMs }) => cpuMs)),
    }));
  } finally {
    await Promise.all(emulators.map(({ running }) => running.stop()));
  }
}

async function loadOnce(
  { address, pid }: EmulatorProcess,
  { documents, increments }: TransactionLoad,
  collection: string,
): Promise<TransactionRate> {
  const settings = { documents, increments, address, collection, clients: CLIENTS, connections: CONNECTIONS };
  const cpuBefore = cpuSeconds(pid);
  const { perSecond, transactions } = loaded.parse(await runLoad("firestore-load.ts", settings));
  return { perSecond, cpuMs: ((cpuSeconds(pid) - cpuBefore) * 1_000) / transactions };
}
