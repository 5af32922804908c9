import path from "node:path";
import { expect, test } from "vitest";
import { COMPILE_CACHE } from "../../../../services/local/compile-cache.ts";
import { CLOUD_VARIABLES } from "../../../harness/registry/registered-variables.ts";
import { runUntilListening } from "../../../harness/runtime/run-until-listening.ts";

const MAIN = path.join(import.meta.dirname, "../../../../services/worker/main.ts");
const ENVIRONMENT = {
  ...COMPILE_CACHE,
  METADATA_SERVER_DETECTION: "none",
  GOOGLE_CLOUD_PROJECT: "handoff-test",
  GOOGLE_CLOUD_LOCATION: "europe-west1",
  WORKER_URL: "https://worker.example",
  WORKER_AUDIENCE: "https://audience.example",
  INVOKER_SERVICE_ACCOUNT: "invoker@handoff-test.iam.gserviceaccount.com",
  ...CLOUD_VARIABLES,
  HOST: "127.0.0.1",
  PORT: "0",
};

test.concurrent.each([
  ["off Cloud Run", { AUTH_MODE: "platform", INVOKER_CHECK: "on" }, "AUTH_MODE=platform: only allowed on Cloud Run"],
  [
    "without the statement that callers are checked",
    { AUTH_MODE: "platform", K_SERVICE: "worker" },
    "INVOKER_CHECK=on",
  ],
  ["with another statement", { AUTH_MODE: "platform", K_SERVICE: "worker", INVOKER_CHECK: "yes" }, "INVOKER_CHECK: "],
  ["in an unknown mode", { AUTH_MODE: "none" }, "AUTH_MODE: "],
  ["when dead letters are kept for no time", { DEAD_LETTER_RETENTION_DAYS: "0" }, "DEAD_LETTER_RETENTION_DAYS: "],
])("the worker does not start %s", async (_, environment, sentence) => {
  const { text, code } = await runUntilListening([MAIN], { ...ENVIRONMENT, ...environment });

  expect(code).toBe(1);
  expect(text).toContain(sentence);
  expect(text).not.toContain("    at ");
});

test.concurrent.each(["auto", "platform"])(
  "the worker starts in %s mode on Cloud Run, where callers are checked",
  async (mode) => {
    const environment = { AUTH_MODE: mode, INVOKER_CHECK: "on", K_SERVICE: "worker" };
    expect(await runUntilListening([MAIN], { ...ENVIRONMENT, ...environment })).toMatchObject({ code: null });
  },
);
