import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { silentLog } from "../../../packages/emulators/src/kernel/emulator-log.ts";
import { COMPACTED, type RunningEmulator } from "./stored/stored-emulator.ts";
import { storedRecords } from "./stored/stored-records.ts";
import { storedTasks } from "./stored/stored-tasks.ts";

/**
 * Measures, in this process, a restart of an emulator with much in its journal, and then how long its event loop and its
 * callers are held up while the journal grows until it is compacted. A pause is measured by the clock, and by the
 * processor time of the main thread, which other programs on the machine don't lengthen.
 */
const { emulator: name, stored } = z
  .object({ emulator: z.enum(["cloud-tasks", "firestore"]), stored: z.int() })
  .parse(JSON.parse(process.argv[2] ?? ""));

const MIB = 2 ** 20;
const CALL_EVERY_MS = 5;
const emulator = { "cloud-tasks": storedTasks, firestore: storedRecords }[name];

const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
await emulator.fill(dataDir, stored);

const startedMs = performance.now();
const startedCpuMs = mainThreadCpuMs();
const seen = { compactions: 0 };
const info = (_: object, message: string): void => void (message === COMPACTED && seen.compactions++);
const running = await emulator.start(dataDir, { ...silentLog, info });
const restartMs = performance.now() - startedMs;
const restartCpuMs = mainThreadCpuMs() - startedCpuMs;
const residentMib = process.memoryUsage.rss() / MIB;
const figures = { restartMs, restartCpuMs, residentMib, ...(await measureGrowth(running)) };
await running.stop();
fs.rmSync(dataDir, { recursive: true });
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

async function measureGrowth({ call, grow }: RunningEmulator) {
  await call(0);
  const before = seen.compactions;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let longestCallMs = 0;
  let longestTurnCpuMs = 0;
  const growth = { isOver: false };
  const turns = async (): Promise<void> => {
    for (let turnMs = mainThreadCpuMs(); !growth.isOver;) {
      await setTimeout(1);
      const now = mainThreadCpuMs();
      longestTurnCpuMs = Math.max(longestTurnCpuMs, now - turnMs);
      turnMs = now;
    }
  };
  const calls = async (): Promise<void> => {
    for (let n = 1; !growth.isOver; n++) {
      const calledMs = performance.now();
      await call(n);
      longestCallMs = Math.max(longestCallMs, performance.now() - calledMs);
      await setTimeout(CALL_EVERY_MS);
    }
  };
  delay.enable();
  const measuring = [calls(), turns()];
  for (let n = 0; seen.compactions === before; n++) await grow(n);
  growth.isOver = true;
  await Promise.all(measuring);
  delay.disable();
  return { longestPauseMs: delay.max / 1e6, longestTurnCpuMs, longestCallMs };
}

function mainThreadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
