import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { runFirestoreTests } from "./firestore-tests.ts";
import { runGcloud } from "./gcloud.ts";
import type { Part, PartResult } from "./part.ts";
import { PYTHON_DIR, runPytest } from "./pytest.ts";
import { missingModules } from "./python.ts";
import { runExamples } from "./run-examples.ts";
import { RUNTIMES, runClient } from "./runtimes/run-client.ts";
import { TOOLCHAINS } from "./toolchains.ts";

/** Every part, in the order in which they run. */
export const PARTS: readonly Part[] = [
  ...[...TOOLCHAINS.keys()].map((language) => ({
    name: `examples-${language}`,
    run: () => runExamples(language),
  })),
  { name: "gcloud", run: runGcloud },
  { name: "google-cloud-tasks", run: () => runOurs("test_cloud_tasks.py", ["google.cloud.tasks_v2"]) },
  { name: "firebase-admin", run: () => runOurs("test_firebase_admin.py", ["firebase_admin"]) },
  { name: "google-cloud-firestore", run: runFirestore },
  ...[...RUNTIMES.keys()].map((runtime) => ({ name: `client-${runtime}`, run: () => runClient(runtime) })),
];

/** Tests of our own, against both of our emulators. */
async function runOurs(file: string, modules: readonly string[]): Promise<PartResult> {
  const why = await missingModules(["pytest", ...modules]);
  if (why !== undefined) return { kind: "skipped", why };
  const queues = [{ name: "projects/my-project/locations/europe-west1/queues/mail" }];
  const cloudTasks = await startCloudTasksEmulator({ queues });
  const firestore = await startFirestoreEmulator();
  try {
    const env = {
      CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${cloudTasks.port}`,
      FIRESTORE_EMULATOR_HOST: `127.0.0.1:${firestore.port}`,
    };
    return { kind: "ran", ours: await runPytest({ cwd: PYTHON_DIR, files: [file], env }) };
  } finally {
    await Promise.all([cloudTasks.stop(), firestore.stop()]);
  }
}

async function runFirestore(): Promise<PartResult> {
  const why = await missingModules(["pytest", "pytest_asyncio", "mock", "test_utils", "google.cloud.firestore"]);
  return why === undefined ? { kind: "ran", ...(await runFirestoreTests()) } : { kind: "skipped", why };
}
