import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startHarness } from "../support/harness.ts";

const run = promisify(execFile);

/** A test runs a dozen commands, each of which starts Python. */
const TIMEOUT_MS = 180_000;

/** Each command takes a second of a processor, so they are run only where somebody asks for them. */
const isWanted = process.env["TEST_GCLOUD"] === "1";
if (!isWanted) {
  const skipped = "gcloud's commands are not tested against the Cloud Tasks emulator: npm run test:clients does it.";
  process.stderr.write(`${skipped}\n`);
}

/** gcloud with its own configuration, in which Cloud Tasks is the harness's emulator. Returns gcloud's JSON output. */
async function setup() {
  const harness = await startHarness();
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-gcloud-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  const token = path.join(folder, "token");
  await fs.writeFile(token, "any-token");
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    CLOUDSDK_CONFIG: path.join(folder, "config"),
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDTASKS: `http://${harness.emulator.host}:${harness.emulator.port}/`,
    CLOUDSDK_CORE_PROJECT: "my-project",
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "1",
  };
  const gcloud = async (...args: string[]) => {
    const all = ["tasks", ...args, "--location", "europe-west1", "--format", "json"];
    const { stdout } = await run("gcloud", all, { env });
    return stdout.trim() === "" ? null : JSON.parse(stdout);
  };
  return { ...harness, gcloud };
}

test.runIf(isWanted)(
  "gcloud tasks queues: create, list, describe, update, pause, resume, purge, delete",
  { timeout: TIMEOUT_MS },
  async () => {
    const { gcloud, client } = await setup();
    const name = "projects/my-project/locations/europe-west1/queues/q";

    expect(await gcloud("queues", "create", "q", "--max-attempts", "5")).toMatchObject({ name, state: "RUNNING" });
    expect(await gcloud("queues", "list")).toMatchObject([{ name, retryConfig: { maxAttempts: 5 } }]);
    await gcloud("queues", "update", "q", "--max-dispatches-per-second", "7", "--min-backoff", "2s");
    await gcloud("queues", "pause", "q");
    expect(await gcloud("queues", "describe", "q")).toMatchObject({
      state: "PAUSED",
      rateLimits: { maxDispatchesPerSecond: 7 },
      retryConfig: { maxAttempts: 5, minBackoff: "2s" },
    });
    await gcloud("queues", "resume", "q");
    await client.createTask({
      parent: name,
      task: { httpRequest: { url: "http://127.0.0.1:9/" }, scheduleTime: { seconds: Date.now() / 1_000 + 3_600 } },
    });
    await gcloud("queues", "purge", "q");
    expect((await client.listTasks({ parent: name }))[0]).toEqual([]);
    await gcloud("queues", "delete", "q");
    await expect(gcloud("queues", "describe", "q")).rejects.toThrow("NOT_FOUND: Queue does not exist.");
  },
);

test.runIf(isWanted)(
  "gcloud tasks: create-http-task, list, describe, run, delete",
  { timeout: TIMEOUT_MS },
  async () => {
    const { gcloud, client, receiver } = await setup();
    const queue = "projects/my-project/locations/europe-west1/queues/q";
    await client.createQueue({ parent: "projects/my-project/locations/europe-west1", queue: { name: queue } });
    const inQueue = ["--queue", "q"];
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const request = [
      "--url",
      `${receiver.url}/work`,
      "--method",
      "PUT",
      "--body-content",
      "text",
      "--header",
      "X-Mine:yes",
    ];
    const create = (id: string) => gcloud("create-http-task", id, ...inQueue, ...request, "--schedule-time", later);

    await create("ran");
    await create("deleted");
    const listed = await gcloud("list", ...inQueue);
    expect(listed.map(({ name }: { name: string }) => name.split("/").at(-1)).toSorted()).toEqual(["deleted", "ran"]);
    expect(await gcloud("describe", "ran", ...inQueue)).toMatchObject({
      httpRequest: { httpMethod: "PUT", headers: { "X-Mine": "yes" } },
    });
    await gcloud("run", "ran", ...inQueue);
    await receiver.arrived(1);
    await gcloud("delete", "deleted", ...inQueue);
    await expect(gcloud("describe", "deleted", ...inQueue)).rejects.toThrow("NOT_FOUND");

    expect(receiver.received).toMatchObject([{ method: "PUT", path: "/work", body: "text" }]);
    expect(receiver.received[0]?.headers.get("X-Mine")).toBe("yes");
  },
);
