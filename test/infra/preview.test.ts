import { execFile } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { localVariables } from "../../shared/contract/task-settings.ts";
import { shardCount } from "../../shared/contract/queue-shards.ts";
import { registry } from "../../shared/tasks/index.ts";
import { tryOut } from "../../tools/images/try-out.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { SECRETS, ownConfig, writeStackFile } from "./support/stack-file.ts";

const run = promisify(execFile);

/** Runs `npm run preview:offline` with these options; returns its exit code and output. */
async function preview(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [path.join(PROJECT_DIR, "infra/preview/main.ts"), ...args]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Error && "stdout" in error && "stderr" in error && "code" in error)) throw error;
    return { code: error.code, stdout: String(error.stdout), stderr: String(error.stderr) };
  }
}

test("a stack's own file is previewed", async () => {
  const { code, stdout, stderr } = await preview("--config", await writeStackFile("mine"), "--counts");

  const shards = [...registry.queues.values()].reduce((sum, queue) => sum + shardCount(queue), 0);
  // Why it failed, if it did, is on standard error: without it, an empty graph explains nothing.
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(new RegExp(`^ +${shards} {2}gcp:cloudtasks/queue:Queue$`, "m"));
});

test("a setting without a namespace is one of Handoff's, as it is for Pulumi", async () => {
  const { code, stderr } = await preview("--config", await writeStackFile("mine", "config:\n  logLevel: loud\n"));

  expect(code).toBe(1);
  expect(stderr).toContain("- handoff:logLevel: must be one of debug, info.");
});

test("a secret that the stack's file holds in plain text is warned of", async () => {
  const local = localVariables(registry.settings);
  const shown = ownConfig(Object.fromEntries(SECRETS.map(({ key, name }) => [key, local[name]])));
  const { code, stderr } = await preview("--config", await writeStackFile("mine", shown), "--counts");

  expect(code).toBe(0);
  expect(stderr.match(/warning: .* is a secret, but was set without --secret/g) ?? []).toHaveLength(SECRETS.length);
});

test.each([
  ["config: [1,2]", "it must be YAML with a config map"],
  ["", "it must be YAML with a config map"],
  ["a: [", "it must be YAML with a config map"],
  // Pulumi reads it as a time, and spells it in its own way.
  [
    "config: { handoff:callerKeysFrom: 2020-01-01T00:00:00Z }",
    "handoff:callerKeysFrom: must be a time with a zone, and in quotes",
  ],
  ["config: { handoff:region: mars }", "handoff:region: must be a region, for example europe-west1."],
  ...["{ secure: v1:abc }", "{ LEVEL: info, TOKEN: { secure: v1:abc } }"].map((given) => [
    `config: { handoff:workerEnvironment: ${given} }`,
    "handoff:workerEnvironment: is set with --secret, but whoever may look up the service could read it. Put the value into " +
      "Secret Manager, and name its version in handoff:workerSecrets instead.",
  ]),
])("a file that contains %j is refused with an explanation", async (content, sentence) => {
  const { code, stderr } = await preview("--config", await writeStackFile("mine", content));

  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(1);
});

test.concurrent.each([
  [["--config", "/nope.yaml"], "/nope.yaml can't be used: the file doesn't exist."],
  [["--stack", "nope"], "--stack must be one of dev, production."],
  [["--stacks"], "--stacks"],
])("%j is refused with an explanation", async (args, sentence) => {
  const { code, stderr } = await preview(...args);

  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(1);
});

const PROGRAM = {
  name: "stubborn",
  entry: "",
  protosOf: [],
  listensAs: ["stubborn"],
  answersAt: "/",
  tryOutEnv: {},
  warmUpEnv: {},
};

test("a program that doesn't stop when told to is killed and reported", async () => {
  const code = `
    process.on("SIGTERM", () => {});
    const server = require("http").createServer((request, response) => response.end()).listen(0, "127.0.0.1", () => {
      console.log(JSON.stringify({ service: "stubborn", port: server.address().port, message: "listening" }));
    });`;
  const options = { command: [process.execPath, "-e", code], cwd: os.tmpdir(), limitMs: 1_500 };

  await expect(tryOut(PROGRAM, options)).rejects.toThrow("stubborn: It ended with SIGKILL.");
});

test("a program that can't be started is reported", async () => {
  const options = { command: ["/nonexistent/node"], cwd: os.tmpdir() };
  await expect(tryOut(PROGRAM, options)).rejects.toThrow("stubborn: ");
});
