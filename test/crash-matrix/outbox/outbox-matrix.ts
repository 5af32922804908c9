import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { OUTBOX_FAULTS, type OutboxScenario, RESHARDED } from "./outbox-cells.ts";
import { startOutboxProcess } from "./outbox-process.ts";
import { QUEUES, QUEUES_BEFORE, QUEUES_DURING, QUEUE_PATHS } from "./resharded-queues.ts";
import { playOutboxCell } from "./outbox-story.ts";

/** Plays every cell of a scenario, one after another, in a world of its own. */
export async function measureOutbox(scenario: OutboxScenario) {
  const emulators = {
    firestore: await startFirestoreEmulator(),
    cloudTasks: await startCloudTasksEmulator({ queues: QUEUE_PATHS.map((name) => ({ name, state: "PAUSED" })) }),
  };
  const client = await createCloudTasksClient(emulators.cloudTasks);
  const db = connectToEmulator(emulators.firestore);
  const doings = { plans: new Map(), runs: [] };
  const isResharded = RESHARDED.has(scenario.before);
  const queues = isResharded ? QUEUES_DURING : QUEUES;
  const other = await startOutboxProcess(emulators, doings, queues);
  const earlier = isResharded ? await startOutboxProcess(emulators, doings, QUEUES_BEFORE) : null;
  const world = { emulators, db, client, doings, other, earlier, queues };
  const rows: string[] = [];
  const violations: string[] = [];
  for (const fault of OUTBOX_FAULTS) {
    const cell = await playOutboxCell(world, scenario, fault);
    rows.push(`${fault.name}: ${cell.entry}`);
    violations.push(...cell.violations.map((one) => `${scenario.title}, ${fault.name}: ${one}`));
  }
  await Promise.all([other.discard(), earlier?.discard()]);
  await db.terminate();
  await client.close();
  await Promise.all([emulators.firestore.stop(), emulators.cloudTasks.stop()]);
  return { rows, violations };
}
