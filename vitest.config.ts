import { defineConfig } from "vitest/config";

/** Tests that run at once in a file mostly wait for a client's backoff. */
const MAX_CONCURRENCY = 20;

/** A kind of test: its folder, and how long one of its tests may take in milliseconds. */
const kind = (name: string, testTimeout: number, folder = `test/${name}`) => ({
  test: {
    name,
    include: [`${folder}/**/*.test.ts`],
    testTimeout,
    // Google's emulator takes its time to start while the cores are busy with other tests.
    hookTimeout: 60_000,
    maxConcurrency: MAX_CONCURRENCY,
    env: { METADATA_SERVER_DETECTION: "none" },
  },
});

export default defineConfig({
  test: {
    // More than two cores' worth: the longest tests wait, for leases to end and for another emulator's locks.
    maxWorkers: 3,
    reporters: ["dot", "./test/harness/runtime/count-reporter.ts"],
    projects: [
      kind("unit", 20_000),
      kind("infra", 120_000),
      kind("model", 20_000),
      kind("contract", 120_000),
      kind("crash-matrix", 120_000),
      kind("emulators", 120_000, "packages/emulators/test"),
      kind("e2e", 120_000),
      // Real processes and real time: it has the machine to itself, and is no part of `npm test`.
      kind("chaos", 240_000),
    ],
  },
});
