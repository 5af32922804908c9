import * as z from "zod";
import { type EmulatorProgram, startEmulatorProcess } from "../processes/emulator-process.ts";
import { runLoad } from "../processes/load.ts";
import { cpuSeconds, residentMib } from "../processes/process-usage.ts";

/** A load of the Firestore emulator, at a steady rate of virtual time; see `programs/history-probe.ts`. */
export interface HistoryLoad {
  readonly pattern: "update" | "queue";
  readonly documents: number;
  readonly perSecond: number;
  readonly isStored: boolean;
}

/** The loads whose history could cost more and more, in words. */
export const HISTORIES: readonly (readonly [description: string, load: HistoryLoad])[] = [
  [
    "one document, updated 1,000 times a second",
    { pattern: "update", documents: 1, perSecond: 1_000, isStored: false },
  ],
  [
    "20 documents, updated 15 times a second each",
    { pattern: "update", documents: 20, perSecond: 300, isStored: false },
  ],
  [
    "one document, updated 1,000 times a second, and stored",
    { pattern: "update", documents: 1, perSecond: 1_000, isStored: true },
  ],
  [
    "a queue of 100 documents with a listener, through which 300 go each second",
    { pattern: "queue", documents: 100, perSecond: 300, isStored: false },
  ],
];

const probed = z.object({
  firstCpuMicros: z.number(),
  lastCpuMicros: z.number(),
  longestStepCpuMs: z.number(),
  highestMib: z.number(),
  pastSeconds: z.number(),
});

/** Costs of a commit in the second and the last tenth of the time, the longest step and the memory, from a new process. */
export async function measureHistory(load: HistoryLoad, minutes: number) {
  return probed.parse(await runLoad("history-probe.ts", { ...load, minutes }));
}

const answered = z.object({
  perSecond: z.number(),
  refused: z.number(),
  medianMs: z.number(),
  highMs: z.number(),
  longestMs: z.number(),
});

/** Updates one document at a steady rate of real time, and tells how an emulator keeps up. */
export async function measureHotDocument(program: EmulatorProgram, load: { perSecond: number; seconds: number }) {
  const emulator = await startEmulatorProcess(program);
  try {
    const figures = answered.parse(await runLoad("steady-load.ts", { ...load, address: emulator.address }));
    return { ...figures, cpuSeconds: cpuSeconds(emulator.pid), residentMib: residentMib(emulator.pid).now };
  } finally {
    await emulator.stop();
  }
}
