import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";

const MODULE = fileURLToPath(new URL("host-process.ts", import.meta.url));

/** Starts the process that runs Pulumi programs, for all test files, and stops it when they have ended. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = fork(MODULE, { cwd: PROJECT_DIR });
  const [address]: unknown[] = await once(host, "message");
  project.provide("programHost", String(address));
  return async () => {
    const exited = once(host, "exit");
    host.disconnect();
    await exited;
  };
}
