import { defineConfig } from "vitest/config";
import { COMPILE_CACHE } from "./services/local/compile-cache.ts";
import { LongFirstSequencer } from "./test/harness/runtime/long-first-sequencer.ts";

// For the workers, and for the programs that inherit their environment.
for (const [name, value] of Object.entries(COMPILE_CACHE)) process.env[name] ??= value;

/** Tests that run at once in a file mostly wait for a client's backoff. */
const MAX_CONCURRENCY = 20;

/**
 * A kind of test: its folders, and how long one of its tests may take in milliseconds: far longer than it does, since that
 * says something of the machine and nothing of our code.
 */
const kind = (name: string, testTimeout: number, ...folders: readonly string[]) => ({
  test: {
    name,
    include: (folders.length > 0 ? folders : [`test/${name}`]).map((folder) => `${folder}/**/*.test.ts`),
    testTimeout,
    // Programs take their time to start while the cores are busy with other tests.
    hookTimeout: 240_000,
    maxConcurrency: MAX_CONCURRENCY,
    // Loading Google's clients takes longer than most files' tests, so a worker loads them once. No test changes a module.
    isolate: false,
    // Node finds the exports of CommonJS packages itself. To do that, vitest would wrap each package in a proxy.
    deps: { interopDefault: false },
    setupFiles: ["test/harness/runtime/parse-once.ts"],
    env: { METADATA_SERVER_DETECTION: "none" },
  },
});

/** The same, with a module that prepares what its files share. */
const withSetup = ({ test }: ReturnType<typeof kind>, module: string) => ({ test: { ...test, globalSetup: module } });

/** The same, in workers that start hundreds of Google's clients. */
const withClients = ({ test }: ReturnType<typeof kind>) => ({
  test: { ...test, setupFiles: [...test.setupFiles, "test/harness/runtime/load-once.ts"] },
});

/** Programs that tests start load npm's packages from bundles. */
const BUNDLES = "test/harness/runtime/bundle-once.ts";

export default defineConfig({
  test: {
    // More than two cores' worth: the longest tests wait, for leases to end and for another emulator's locks.
    maxWorkers: 4,
    sequence: { sequencer: LongFirstSequencer },
    reporters: ["dot", "./test/harness/runtime/count-reporter.ts"],
    // In this order: kinds with files that take long come first, and the one with none last.
    projects: [
      kind("model", 240_000),
      withClients(kind("crash-matrix", 240_000)),
      withSetup(kind("e2e", 240_000), BUNDLES),
      withSetup(withClients(kind("contract", 240_000)), BUNDLES),
      withClients(kind("emulators", 240_000, "packages/emulators/test")),
      withSetup(kind("infra", 240_000), "test/infra/support/host/start-host.ts"),
      kind("unit", 60_000),
      // Real processes and real time: it has the machine to itself, and is no part of `npm test`.
      kind("chaos", 240_000, "test/chaos", "test/kills"),
      // Pulumi's own engine, where it is installed: `npm run test:pulumi`.
      withSetup(kind("pulumi", 600_000), "test/infra/support/host/start-host.ts"),
    ],
  },
});
