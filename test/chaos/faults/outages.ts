import { setTimeout as sleep } from "node:timers/promises";
import { OUTAGES } from "./fault-names.ts";
import type { DeliveryFaults } from "./delivery-faults.ts";
import { type FaultRun, randomPause, until } from "./fault-run.ts";

const BETWEEN_MS = [2_000, 5_000] as const;
const WORK_LIMIT_MS = 60_000;
/** The rounds keep pace with the workers that are paused for longer than a lease. */
const BEFORE_ROTATION_MS = 10_000;

/**
 * Kills the emulators and restarts them with their data. The last of several key rotations is unannounced: key caches
 * fetch at most every 30 s, so workers that have just fetched refuse all tokens for that long.
 * Firestore's last restart waits for the last kill of a worker: a dead worker's transaction holds its locks for 60 s,
 * unless the emulator ends first.
 */
export async function strikeEmulators(
  run: FaultRun,
  { deliveries, workersStruck }: { deliveries: DeliveryFaults; workersStruck: Promise<void> },
): Promise<void> {
  for (let round = 1; round <= run.hits; round++) {
    for (const fault of OUTAGES) {
      if (!run.wanted.has(fault)) continue;
      if (round === run.hits && fault === "firestore-restart") await workersStruck;
      if (round < run.hits && fault === "key-rotation") await sleep(BEFORE_ROTATION_MS);
      await randomPause(run, BETWEEN_MS);
      if (!(await until(() => run.stack.balancer.underWay().length > 0, WORK_LIMIT_MS, run.signal))) return;
      await causeOutage(fault, run, deliveries);
    }
  }
}

async function causeOutage(fault: (typeof OUTAGES)[number], run: FaultRun, deliveries: DeliveryFaults): Promise<void> {
  const { stack } = run;
  if (fault !== "firestore-restart") await deliveries.collect().catch(() => undefined);
  run.hit(fault, stack.balancer.underWay());
  switch (fault) {
    case "tasks-restart":
      await stack.tasks.restart();
      break;
    case "key-rotation":
      await stack.tasks.restart(() => stack.nextKeys.useNext());
      break;
    case "firestore-restart":
      await stack.firestore.restart();
      break;
  }
}
