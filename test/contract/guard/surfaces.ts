import path from "node:path";
import { onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { startThroughput } from "../../../services/local/throughput/throughput.ts";
import { CLOUD_VARIABLES } from "../../harness/registry/registered-variables.ts";
import { type ServiceName, startService } from "../compatibility/service-process.ts";

/** Something that listens on a developer's machine. */
export interface Surface {
  readonly port: number;
  /** A path that responds with 200 to GET. */
  readonly healthPath: string;
}

/** The name that the cases expect every surface to be started with. */
const ALLOWED_NAME = "allowed.example";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Everything of ours that serves HTTP locally, by name. Each runs until the test ends. */
export const SURFACES: Readonly<Record<string, () => Promise<Surface>>> = {
  async "the Cloud Tasks emulator"() {
    const emulator = await startCloudTasksEmulator({ allowHosts: [ALLOWED_NAME] });
    onTestFinished(() => emulator.stop());
    return { port: emulator.port, healthPath: "/" };
  },
  async "the Firestore emulator"() {
    const emulator = await startFirestoreEmulator({ allowHosts: [ALLOWED_NAME] });
    onTestFinished(() => emulator.stop());
    return { port: emulator.port, healthPath: "/" };
  },
  "the producer": () => service("producer", { AUTH_MODE: "local" }),
  "the worker": () => service("worker"),
  async "the counts of npm start"() {
    const cloudTasks = { host: "127.0.0.1", port: 9 };
    const throughput = await startThroughput({ cloudTasks, allowHost: new Set([ALLOWED_NAME]), print: () => {} });
    onTestFinished(() => throughput.stop());
    return { port: Number(new URL(throughput.url).port), healthPath: "/" };
  },
};

/** A service as its users run it. What it needs to reach isn't there, and isn't needed for `/live`. */
async function service(name: ServiceName, variables: Readonly<Record<string, string>> = {}): Promise<Surface> {
  const running = startService(
    { folder: ROOT, name },
    {
      ...CLOUD_VARIABLES,
      ...COMPILE_CACHE,
      METADATA_SERVER_DETECTION: "none",
      GOOGLE_CLOUD_PROJECT: "handoff-test",
      GOOGLE_CLOUD_LOCATION: "local",
      FIRESTORE_EMULATOR_HOST: "127.0.0.1:9",
      CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:9",
      WORKER_URL: "http://127.0.0.1:9",
      WORKER_AUDIENCE: "https://audience.example",
      INVOKER_SERVICE_ACCOUNT: "invoker@handoff-test.iam.gserviceaccount.com",
      ALLOW_HOST: ALLOWED_NAME,
      ...variables,
    },
  );
  onTestFinished(() => running.stop());
  return { port: Number(new URL(await running.url).port), healthPath: "/live" };
}
