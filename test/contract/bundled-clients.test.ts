import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { expect, test } from "vitest";
import { USE_BUNDLED } from "../../services/local/dependencies/bundled.ts";
import { bundle } from "../../tools/bundle.ts";
import { FILL_CODE_CACHE } from "../../tools/images/code-cache.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { temporaryFolder } from "../harness/runtime/temporary-folder.ts";

const PROBE = "test/contract/programs/google-clients.ts";
const TIMEOUT_MS = 60_000;

/** What the probe prints with emulators of its own. */
async function resultsOf(
  file: string,
  env: Readonly<Record<string, string>> = {},
  options: readonly string[] = [],
): Promise<unknown> {
  const [cloudTasks, firestore] = await Promise.all([startCloudTasksEmulator(), startFirestoreEmulator()]);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...options, file], {
      env: {
        PATH: process.env["PATH"],
        METADATA_SERVER_DETECTION: "none",
        CLOUD_TASKS_EMULATOR_HOST: `${cloudTasks.host}:${cloudTasks.port}`,
        FIRESTORE_EMULATOR_HOST: `${firestore.host}:${firestore.port}`,
        ...env,
      },
    });
    return JSON.parse(stdout);
  } finally {
    await Promise.all([cloudTasks.stop(), firestore.stop()]);
  }
}

test("Google's clients behave the same in a bundle", { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  await bundle({ name: "probe", entry: PROBE, protosOf: [] }, { from: PROJECT_DIR, to: folder });
  const main = path.join(folder, "main.js");

  const outside = await resultsOf(path.join(PROJECT_DIR, PROBE));
  const first = await resultsOf(main, FILL_CODE_CACHE);
  const fromCache = await resultsOf(main);
  const fromDependencies = await resultsOf(path.join(PROJECT_DIR, PROBE), {}, USE_BUNDLED);

  expect(JSON.stringify(outside)).toContain("documentMetadata");
  expect(first).toEqual(outside);
  expect(fromCache).toEqual(outside);
  expect(fromDependencies).toEqual(outside);
});

test("message classes are next to the bundle and are loaded on first use", { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  await bundle({ name: "probe", entry: PROBE, protosOf: [] }, { from: PROJECT_DIR, to: folder });
  await fs.rm(path.join(folder, "message-classes"), { recursive: true });

  await expect(resultsOf(path.join(folder, "main.js"))).rejects.toThrow(/message-classes\/firestore-api-protos\.cjs/);
});
