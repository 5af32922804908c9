import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { configurable } from "../../infra/settings/task-settings.ts";
import { registry } from "../../shared/tasks/index.ts";
import { tryOut } from "../../tools/images/try-out.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { exampleFor } from "./support/graph.ts";

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

async function fileWith(content: string): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-preview-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  const file = path.join(folder, "Pulumi.mine.yaml");
  await fs.writeFile(file, content);
  return file;
}

test("a stack's own file is previewed", async () => {
  // Only Pulumi can decrypt these, so made-up values of the same format stand in for them.
  const secrets = [...configurable(registry.settings)]
    .filter(([, name]) => registry.settings.get(name)?.kind === "secret")
    .map(([key]) => [`handoff:${key}`, { secure: "v1:abc" }]);
  const config = { ...exampleFor("dev", registry).config, ...Object.fromEntries(secrets) };
  const { code, stdout } = await preview("--config", await fileWith(stringify({ config })), "--counts");

  expect(secrets.length).toBeGreaterThan(0);
  expect(stdout).toMatch(new RegExp(`^ +${registry.queues.size} {2}gcp:cloudtasks/queue:Queue$`, "m"));
  expect(code).toBe(0);
});

test.each([
  ["config: [1,2]", "it must be YAML with a config map"],
  ["", "it must be YAML with a config map"],
  ["a: [", "it must be YAML with a config map"],
  ["config: { handoff:region: mars }", "handoff:region: must be a region, for example europe-west1."],
])("a file that contains %j is refused with an explanation", async (content, sentence) => {
  const { code, stderr } = await preview("--config", await fileWith(content));

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

const PROGRAM = { name: "stubborn", entry: "", protosOf: [], answersAt: "/", tryOutEnv: {}, warmUpEnv: {} };

test("a program that doesn't stop when told to is killed and reported", async () => {
  const code = `
    process.on("SIGTERM", () => {});
    const server = require("http").createServer((request, response) => response.end()).listen(0, "127.0.0.1", () => {
      console.log(JSON.stringify({ port: server.address().port, message: "listening" }));
    });`;
  const options = { command: [process.execPath, "-e", code], cwd: os.tmpdir(), limitMs: 1_500 };

  await expect(tryOut(PROGRAM, options)).rejects.toThrow("stubborn: It ended with SIGKILL.");
});

test("a program that can't be started is reported", async () => {
  const options = { command: ["/nonexistent/node"], cwd: os.tmpdir() };
  await expect(tryOut(PROGRAM, options)).rejects.toThrow("stubborn: ");
});
