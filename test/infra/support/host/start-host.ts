import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";

const MODULE = fileURLToPath(new URL("host-process.ts", import.meta.url));

/**
 * Pulumi notes for each of its promises where it was made, which takes a fifth of a program's time. Nobody reads that here:
 * the process answers with errors' messages alone.
 */
const WITHOUT_TRACES = "--stack-trace-limit=0";

/** Starts the process that runs Pulumi programs, for all test files, and stops it when they have ended. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = fork(MODULE, { cwd: PROJECT_DIR, execArgv: [...process.execArgv, WITHOUT_TRACES] });
  const [address]: unknown[] = await once(host, "message");
  project.provide("programHost", String(address));
  return async () => {
    const exited = once(host, "exit");
    host.disconnect();
    await exited;
  };
}
