import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { silentLog } from "../../../packages/emulators/src/kernel/emulator-log.ts";
import { COMPACTED, type RunningEmulator } from "./stored/stored-emulator.ts";
import { storedRecords } from "./stored/stored-records.ts";
import { storedTasks } from "./stored/stored-tasks.ts";

/**
 * Measures, in this process, a restart of an emulator with much in its journal, and then how long its event loop and a
 * caller are held up while the journal is compacted, as it is after each restart that finds more than a snapshot. The caller
 * stores little, so that pauses are the compaction's own. They are measured by the clock, and by the processor time of the
 * main thread, which other programs on the machine don't lengthen.
 */
const { emulator: name, stored } = z
  .object({ emulator: z.enum(["cloud-tasks", "firestore"]), stored: z.int() })
  .parse(JSON.parse(process.argv[2] ?? ""));

const MIB = 2 ** 20;
const CALL_EVERY_MS = 5;
const emulator = { "cloud-tasks": storedTasks, firestore: storedRecords }[name];

const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
await emulator.fill(dataDir, stored);
await storeOneMore(dataDir);

const startedMs = performance.now();
const startedCpuMs = mainThreadCpuMs();
const compaction = { isOver: false };
const info = (_: object, message: string): void => void (compaction.isOver ||= message === COMPACTED);
const running = await emulator.start(dataDir, { ...silentLog, info });
const restartMs = performance.now() - startedMs;
const restartCpuMs = mainThreadCpuMs() - startedCpuMs;
const residentMib = process.memoryUsage.rss() / MIB;
const figures = { restartMs, restartCpuMs, residentMib, ...(await measureCompaction(running)) };
await running.stop();
fs.rmSync(dataDir, { recursive: true });
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

/** What the next start finds besides the snapshot. */
async function storeOneMore(folder: string): Promise<void> {
  const before = await emulator.start(folder, silentLog);
  await before.call(0);
  await before.stop();
}

async function measureCompaction({ call }: RunningEmulator) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let longestCallMs = 0;
  let longestTurnCpuMs = 0;
  const turns = async (): Promise<void> => {
    let turnMs = mainThreadCpuMs();
    do {
      await setTimeout(1);
      const now = mainThreadCpuMs();
      longestTurnCpuMs = Math.max(longestTurnCpuMs, now - turnMs);
      turnMs = now;
    } while (!compaction.isOver);
  };
  const calls = async (): Promise<void> => {
    let n = 1;
    do {
      const calledMs = performance.now();
      await call(n++);
      longestCallMs = Math.max(longestCallMs, performance.now() - calledMs);
      await setTimeout(CALL_EVERY_MS);
    } while (!compaction.isOver);
  };
  delay.enable();
  await Promise.all([calls(), turns()]);
  delay.disable();
  return { longestPauseMs: delay.max / 1e6, longestTurnCpuMs, longestCallMs };
}

function mainThreadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
