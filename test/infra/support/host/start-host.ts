import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";

/** Starts the process that runs Pulumi programs, for all test files, and stops it when they have ended. */
export default async function startHost(project: TestProject): Promise<() => Promise<void>> {
  const host = fork(path.join(import.meta.dirname, "host-process.ts"), { cwd: PROJECT_DIR });
  const [address]: unknown[] = await once(host, "message");
  project.provide("programHost", String(address));
  return async () => {
    const exited = once(host, "exit");
    host.disconnect();
    await exited;
  };
}
