import fs from "node:fs/promises";
import path from "node:path";
import { findGooglesFirestore } from "../../packages/emulators/src/firestore/googles-firestore.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { type EmulatorProgram, emulatorPrograms, startEmulatorProcess } from "../bench/processes/emulator-process.ts";
import type { Outcomes } from "./outcomes.ts";
import { runPytest } from "./pytest.ts";
import { python } from "./python.ts";

/** The files of Google's tests, one for each of its clients. */
const FILES = ["test_system.py", "test_system_async.py"];

/** The asynchronous client belongs to one event loop, so its tests share one. */
const ONE_LOOP = ["asyncio_default_test_loop_scope=module", "asyncio_default_fixture_loop_scope=module"];

/** What Google's own tests of its Firestore client say of ours, and of Google's emulator if it is installed. */
export interface FirestoreOutcomes {
  readonly ours: Outcomes;
  readonly googles: Outcomes | undefined;
}

/**
 * Runs the system tests of google-cloud-firestore against our emulator, and against Google's. They come from
 * FIRESTORE_SYSTEM_TESTS, or with the source of the installed version.
 */
export async function runFirestoreTests(): Promise<FirestoreOutcomes> {
  const folder = process.env["FIRESTORE_SYSTEM_TESTS"] ?? (await downloadTests());
  const { ourFirestore, googlesFirestore } = emulatorPrograms();
  const jar = findGooglesFirestore();
  return {
    ours: await runAgainst(ourFirestore, folder),
    googles: jar === null ? undefined : await runAgainst(googlesFirestore(jar), folder),
  };
}

async function runAgainst(program: EmulatorProgram, cwd: string): Promise<Outcomes> {
  const emulator = await startEmulatorProcess(program);
  try {
    const options = [...ONE_LOOP.flatMap((option) => ["-o", option]), "-p", "run_what_emulators_skip"];
    const env = { FIRESTORE_EMULATOR_HOST: emulator.address, GCLOUD_PROJECT: "my-project" };
    return await runPytest({ cwd, files: FILES, options, env });
  } finally {
    await emulator.stop();
  }
}

/** The tests of the installed version, kept in .local. pip fetches its source where it fetches everything. */
async function downloadTests(): Promise<string> {
  const version = await python("-c", "import importlib.metadata as m; print(m.version('google-cloud-firestore'))");
  const folder = path.join(PROJECT_DIR, ".local/clients");
  const name = `google_cloud_firestore-${version}`;
  const tests = path.join(folder, name, "tests/system");
  if (await exists(tests)) return tests;
  const requirement = `google-cloud-firestore==${version}`;
  await python("-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, requirement);
  await python("-m", "tarfile", "-e", path.join(folder, `${name}.tar.gz`), folder);
  return tests;
}

async function exists(file: string): Promise<boolean> {
  return await fs.access(file).then(
    () => true,
    () => false,
  );
}
