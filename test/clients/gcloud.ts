import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import type { PartResult } from "./part.ts";
import { withScratch } from "./scratch.ts";
import { missing } from "./toolchains.ts";

/** The tests of gcloud's commands, which skip themselves unless they are asked for. */
const FILES = ["packages/emulators/test/contract/cloud-tasks/api/gcloud.test.ts", "test/e2e/gcloud.test.ts"];

const reportSchema = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

/** gcloud's commands against our emulator of Cloud Tasks, and beside our command line. */
export async function runGcloud(): Promise<PartResult> {
  const lacks = await missing("gcloud");
  if (lacks !== undefined) return { kind: "skipped", why: lacks };
  return await withScratch(async (folder) => {
    const file = path.join(folder, "report.json");
    const vitest = path.join(PROJECT_DIR, "node_modules/vitest/vitest.mjs");
    const options = ["run", "--project", "emulators", "--project", "e2e", "--reporter", "json", "--outputFile", file];
    const child = spawn(process.execPath, [vitest, ...options, ...FILES], {
      cwd: PROJECT_DIR,
      env: { ...process.env, TEST_GCLOUD: "1" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    await once(child, "exit");
    const { testResults } = reportSchema.parse(JSON.parse(await fs.readFile(file, "utf8")));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    const ours = new Map(
      tests.map(({ fullName, status }) => [fullName, status === "passed" ? status : "failed"] as const),
    );
    return { kind: "ran", ours };
  });
}
