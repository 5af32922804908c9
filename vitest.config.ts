import { defineConfig } from "vitest/config";

const project = (name: string, extra: { testTimeout?: number; fileParallelism?: boolean } = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    env: { METADATA_SERVER_DETECTION: "none" },
    testTimeout: 20_000,
    ...extra,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [project("unit"), project("contract", { testTimeout: 60_000 }), project("e2e", { testTimeout: 90_000 })],
  },
});
