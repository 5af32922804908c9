import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { PROJECT_DIR } from "../../tools/project-dir.ts";

const run = promisify(execFile);

/** Runs `npm run -s pulumi -- up` with a command in Pulumi's place, which says how it was called. */
async function runScript(): Promise<string[]> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-pulumi-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  const says = '#!/bin/sh\necho "$@"\necho "$PULUMI_GCP_SKIP_REGION_VALIDATION"\nnode --version\n';
  await fs.writeFile(path.join(folder, "pulumi"), says, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const { stdout } = await run("npm", ["run", "-s", "pulumi", "--", "up"], { cwd: PROJECT_DIR, env });
  return stdout.trim().split("\n");
}

test("npm run pulumi passes its arguments on, runs on the project's own Node, and has no provider ask Compute for regions", async () => {
  expect(await runScript()).toEqual(["up", "true", process.version]);
});
