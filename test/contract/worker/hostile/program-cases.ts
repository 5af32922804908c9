import path from "node:path";
import { expect } from "vitest";
import { COMPILE_CACHE } from "../../../../services/local/compile-cache.ts";
import { CLOUD_VARIABLES, LOCAL_ONLY_VARIABLES } from "../../../harness/registry/registered-variables.ts";
import { runUntilListening } from "../../../harness/runtime/run-until-listening.ts";
import type { HostileCase } from "./hostile-case.ts";

const MAIN = path.join(import.meta.dirname, "../../../../services/worker/main.ts");
const CLOUD_ENVIRONMENT = {
  ...COMPILE_CACHE,
  METADATA_SERVER_DETECTION: "none",
  K_SERVICE: "worker",
  GOOGLE_CLOUD_PROJECT: "handoff-test",
  GOOGLE_CLOUD_LOCATION: "europe-west1",
  WORKER_URL: "https://worker.example",
  WORKER_AUDIENCE: "https://audience.example",
  INVOKER_SERVICE_ACCOUNT: "invoker@handoff-test.iam.gserviceaccount.com",
  ...CLOUD_VARIABLES,
  HOST: "127.0.0.1",
  PORT: "0",
};

const LOCAL_VARIABLES = {
  FIRESTORE_EMULATOR_HOST: "127.0.0.1:9",
  CLOUD_TASKS_EMULATOR_HOST: "127.0.0.1:9",
  OIDC_CERTS_URL: "http://127.0.0.1:9/",
  ...LOCAL_ONLY_VARIABLES,
};

/** Row 27. */
export const PROGRAM_CASES: readonly HostileCase[] = Object.entries(LOCAL_VARIABLES).map(noStart);

function noStart([name, value]: readonly [string, string]): HostileCase {
  return {
    row: 27,
    title: `does not start on Cloud Run with ${name}, and says why in one line`,
    async run() {
      const { text, code } = await runUntilListening([MAIN], { ...CLOUD_ENVIRONMENT, [name]: value });

      expect(code).toBe(1);
      expect(text).toBe(
        `The configuration is invalid:\n  - ${name}: must not be set on Cloud Run, where K_SERVICE is set.\n`,
      );
    },
  };
}
