import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { LOCAL } from "../../services/local/settings.ts";
import { temporaryFolder } from "../harness/runtime/temporary-folder.ts";
import { startShell, linesOf } from "./support/shell.ts";
import { startStackProcess } from "./support/stack-process.ts";

const run = promisify(execFile);

/** Each command takes gcloud a second of a processor, so they are run only where somebody asks for them. */
const isWanted = process.env["TEST_GCLOUD"] === "1";
if (!isWanted) process.stderr.write("gcloud and the command line are not compared: npm run test:clients does it.\n");

test.runIf(isWanted)("the command line and gcloud agree on what is paused, resumed and purged", async () => {
  const { ports } = await startStackProcess();
  const { run: type } = await startShell({ env: { HANDOFF_URL: `http://127.0.0.1:${ports.producer}` } });
  const folder = temporaryFolder();
  const handoff = async (command: string): Promise<unknown> => {
    const { ran } = await type([`npx handoff ${command}`]);
    return ran.flatMap(linesOf).at(-1);
  };
  const token = path.join(folder, "token");
  fs.writeFileSync(token, "any");
  const gcloud = async (...args: readonly string[]): Promise<string> => {
    const place = ["--project", LOCAL.project, "--location", LOCAL.location, "--quiet"];
    const { stdout } = await run("gcloud", ["tasks", ...args, ...place], {
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDTASKS: `http://127.0.0.1:${ports.queues}/`,
      },
    });
    return stdout.trim();
  };
  const stateByGcloud = () => gcloud("queues", "describe", "bulk", "--format=value(state)");
  const enqueue = `enqueue canary.claim --payload '{"sentAt":"2030-01-01T00:00:00Z"}' --delay 3600`;

  expect(await handoff("queues pause bulk")).toMatchObject({ state: "paused" });
  expect(await stateByGcloud()).toBe("PAUSED");
  await gcloud("queues", "resume", "bulk");
  expect(await handoff("queues show bulk")).toMatchObject({ state: "running" });
  await gcloud("queues", "pause", "bulk");
  expect(await handoff("queues show bulk")).toMatchObject({ state: "paused" });
  expect(await handoff("queues resume bulk")).toMatchObject({ state: "running" });
  expect(await stateByGcloud()).toBe("RUNNING");

  const first = await handoff(enqueue);
  expect(await gcloud("list", "--queue", "default", "--format=value(name.basename())")).toBe(
    Reflect.get(Object(first), "id"),
  );
  await gcloud("queues", "purge", "default");
  expect(await handoff(`status ${Reflect.get(Object(first), "id")}`)).toMatchObject({ state: "removed" });
  const second = await handoff(enqueue);
  await handoff("queues purge default --yes");
  expect(await gcloud("list", "--queue", "default", "--format=value(name.basename())")).toBe("");
  expect(await handoff(`status ${Reflect.get(Object(second), "id")}`)).toMatchObject({ state: "removed" });
});
