import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { COMPILE_CACHE } from "../../../../services/local/compile-cache.ts";
import { provisionQueues } from "../../../../services/local/provision-queues.ts";
import { LOCAL } from "../../../../services/local/settings.ts";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { claimTask, registry } from "../../service/task-types.ts";
import type { BundleCommand } from "./our-bundles.ts";
import { type ServerProcess, type ServerProgram, startServer } from "../process/server-process.ts";

/** More than 64 days ago, as in the examples of a stack's settings. */
const CALLER_KEYS_FROM = "2020-01-01T00:00:00Z";

const EMULATOR = path.join(PROJECT_DIR, "packages/emulators/src/cli/main.ts");

/** Both emulators, each a process with its data in a folder, as `npm start` has them. */
export interface OurEmulators {
  readonly cloudTasks: ServerProcess;
  readonly firestore: ServerProcess;
  /** The variables by which a program reaches them. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts both emulators, and creates the queues of test/bench/service. The one of tasks that nobody waits for is paused. */
export async function startOurEmulators(): Promise<OurEmulators> {
  const data = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-peers-data-"));
  const start = async (name: string, variable: string): Promise<ServerProcess> =>
    startServer({
      command: [process.execPath, EMULATOR, "--only", name, "--data", data],
      env: COMPILE_CACHE,
      addressVariable: variable,
    });
  const cloudTasks = await start("cloud-tasks", "CLOUD_TASKS_EMULATOR_HOST");
  const firestore = await start("firestore", "FIRESTORE_EMULATOR_HOST");
  await provisionQueues(registry, { host: "127.0.0.1", port: cloudTasks.port });
  await pause(cloudTasks, claimTask.queue);
  return {
    cloudTasks,
    firestore,
    env: {
      METADATA_SERVER_DETECTION: "none",
      GOOGLE_CLOUD_PROJECT: LOCAL.project,
      GOOGLE_CLOUD_LOCATION: LOCAL.location,
      CLOUD_TASKS_EMULATOR_HOST: cloudTasks.address,
      FIRESTORE_EMULATOR_HOST: firestore.address,
      WORKER_AUDIENCE: LOCAL.audience,
      INVOKER_SERVICE_ACCOUNT: LOCAL.invoker,
    },
    async stop() {
      for (const emulator of [cloudTasks, firestore]) await emulator.stop();
      await fs.rm(data, { recursive: true });
    },
  };
}

async function pause({ port }: ServerProcess, queue: string): Promise<void> {
  const client = await createCloudTasksClient({ host: "127.0.0.1", port });
  await client.pauseQueue({ name: client.queuePath(LOCAL.project, LOCAL.location, queue) });
  await client.close();
}

/** Our producer, as a new stack has it: it tells no callers apart, as the peers don't, and looks for no keys of earlier revisions. */
export function producerProgram(command: BundleCommand, { env }: OurEmulators, workerUrl: string): ServerProgram {
  return { command, env: { ...env, AUTH_MODE: "local", WORKER_URL: workerUrl, CALLER_KEYS_FROM } };
}

/** Our worker, which verifies tokens by the keys at this address. */
export function workerProgram(command: BundleCommand, { env }: OurEmulators, keysUrl: string): ServerProgram {
  // Only tasks that follow others are sent to this URL, and there are none.
  return { command, env: { ...env, OIDC_CERTS_URL: keysUrl, WORKER_URL: "http://127.0.0.1:9" } };
}
