import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { FakeGoogle } from "../fake-google/fake-google.ts";

/** Where gcloud finds each API at the fake. Its own paths bring the version. */
const OVERRIDES: Readonly<Record<string, string>> = {
  ARTIFACTREGISTRY: "artifacts/",
  CLOUDRESOURCEMANAGER: "crm/",
  CLOUDSCHEDULER: "scheduler/",
  CLOUDTASKS: "tasks/",
  COMPUTE: "compute/compute/v1/",
  EVENTARC: "eventarc/",
  FIRESTORE: "firestore/",
  IAM: "iam/",
  LOGGING: "logging/",
  MONITORING: "monitoring/",
  SECRETMANAGER: "secrets/",
  SERVICEUSAGE: "serviceusage/",
};

/** Google's own client, with a configuration of its own and the fake in Google's place. Its answers are parsed. */
export async function gcloudAt({ url, world }: FakeGoogle) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-gcloud-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  const overrides = Object.entries(OVERRIDES).map(([api, place]) => [
    `CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`,
    `${url}/${place}`,
  ]);
  const env = {
    ...process.env,
    ...Object.fromEntries(overrides),
    CLOUDSDK_CONFIG: folder,
    CLOUDSDK_AUTH_ACCESS_TOKEN: "made-up-access-token",
    CLOUDSDK_CORE_PROJECT: world.project.id,
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "true",
  };
  return async (command: string, input = ""): Promise<unknown> => {
    const child = spawn("gcloud", [...command.split(" "), "--format", "json"], {
      env,
      shell: process.platform === "win32",
    });
    child.stdin.end(input);
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once("close", resolve)),
    ]);
    if (code !== 0) throw new Error(`gcloud ${command}: ${stderr}`);
    return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  };
}
