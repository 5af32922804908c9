import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { USE_BUNDLED } from "../../../services/local/dependencies/bundled.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { untilRefused } from "../../harness/network/until-refused.ts";

const MAIN = path.join(import.meta.dirname, "../../../services/producer/main.ts");
const LOCATION = "projects/handoff-test/locations/europe-west1";

const ENVIRONMENT = {
  ...COMPILE_CACHE,
  METADATA_SERVER_DETECTION: "none",
  GOOGLE_CLOUD_PROJECT: "handoff-test",
  GOOGLE_CLOUD_LOCATION: "europe-west1",
  WORKER_URL: "https://worker.example/",
  WORKER_AUDIENCE: "https://audience.example",
  INVOKER_SERVICE_ACCOUNT: "invoker@handoff-test.iam.gserviceaccount.com",
  AUTH_MODE: "local",
  HOST: "127.0.0.1",
  PORT: "0",
};

/** Enough clients that go on connecting for a few connections to wait at any time. */
const EAGER_CLIENTS = 50;

function runMain(environment: Record<string, string>): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [...USE_BUNDLED, MAIN], { env: { PATH: process.env["PATH"], ...environment } });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function errorOutput(child: ChildProcessWithoutNullStreams): Promise<string> {
  return (await child.stderr.toArray()).join("");
}

describe("a program that can't be configured", () => {
  it("ends at once with every problem", async () => {
    const child = runMain({ ...COMPILE_CACHE, WORKER_URL: "not a URL", PORT: "http" });
    const [text, [code]] = await Promise.all([errorOutput(child), once(child, "exit")]);
    expect(code).toBe(1);
    for (const name of ["GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "WORKER_URL", "WORKER_AUDIENCE", "PORT"]) {
      expect(text).toContain(name);
    }
    expect(text).not.toContain("    at ");
  });

  it.each(["CLOUD_TASKS_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST"])("refuses %s on Cloud Run", async (name) => {
    const child = runMain({ ...ENVIRONMENT, K_SERVICE: "producer", [name]: "127.0.0.1:1" });
    const [text, [code]] = await Promise.all([errorOutput(child), once(child, "exit")]);
    expect(code).toBe(1);
    expect(text).toContain(`${name}: must not be set on Cloud Run`);
  });
});

it.each([
  ["that isn't told who may call", "", "ACCESS: is not set."],
  ["that is told to let everybody in", "local", "AUTH_MODE=local: lets everybody do everything"],
])("a program on Cloud Run %s does not start", async (_, mode, line) => {
  const child = runMain({ ...ENVIRONMENT, K_SERVICE: "producer", AUTH_MODE: mode });
  const [text, [code]] = await Promise.all([errorOutput(child), once(child, "exit")]);
  expect(code).toBe(1);
  expect(text).toContain(line);
  expect(text).not.toContain("    at ");
});

describe("a program that is told to stop", () => {
  it("answers the request in progress, accepts no other, and ends with 0", async () => {
    const [cloudTasks, firestore] = await Promise.all([startCloudTasksEmulator(), startFirestoreEmulator()]);
    const admin = await createCloudTasksClient(cloudTasks);
    onTestFinished(async () => {
      await admin.close();
      await Promise.all([cloudTasks.stop(), firestore.stop()]);
    });
    const queue = { name: `${LOCATION}/queues/bulk` };
    await admin.createQueue({ parent: LOCATION, queue });
    await admin.pauseQueue(queue);
    const child = runMain({
      ...ENVIRONMENT,
      CLOUD_TASKS_EMULATOR_HOST: `${cloudTasks.host}:${cloudTasks.port}`,
      FIRESTORE_EMULATOR_HOST: `${firestore.host}:${firestore.port}`,
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const nextLine = async () => JSON.parse(String((await lines.next()).value));
    const { port } = await nextLine();

    const body = JSON.stringify({
      type: "canary.natural",
      payload: { sentAt: "2030-01-01T00:00:00Z" },
    });
    const idle = net.connect(port, "127.0.0.1");
    const busy = net.connect(port, "127.0.0.1");
    await Promise.all([once(idle, "connect"), once(busy, "connect")]);
    const head = ["POST /v1/tasks HTTP/1.1", "Host: producer", "Content-Type: application/json"];
    busy.write(`${[...head, "Expect: 100-continue", `Content-Length: ${body.length}`].join("\r\n")}\r\n\r\n`);
    await once(busy, "data");

    // They have the producer accept connections for as long as it ever does.
    const refused = untilRefused(port, EAGER_CLIENTS);
    child.kill("SIGTERM");
    expect(await nextLine()).toMatchObject({ message: "stopping" });
    await expect(fetch(`http://127.0.0.1:${port}/live`)).rejects.toThrow("fetch failed");
    await refused;
    busy.write(body);
    const [response] = await once(busy, "data");
    expect(String(response)).toContain("HTTP/1.1 202 Accepted");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(cloudTasks.calls.get("CreateTask")).toBe(1);
    const [tasks] = await admin.listTasks({ parent: queue.name });
    expect(tasks).toMatchObject([{ httpRequest: { url: "https://worker.example/tasks/canary.natural" } }]);
  });

  it("exits cleanly even if Firestore is down and reads were abandoned", async () => {
    const [cloudTasks, firestore] = await Promise.all([startCloudTasksEmulator(), startFirestoreEmulator()]);
    onTestFinished(() => cloudTasks.stop());
    const child = runMain({
      ...ENVIRONMENT,
      CLOUD_TASKS_EMULATOR_HOST: `${cloudTasks.host}:${cloudTasks.port}`,
      FIRESTORE_EMULATOR_HOST: `${firestore.host}:${firestore.port}`,
    });
    const lines: string[] = [];
    const listening = Promise.withResolvers<string>();
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      listening.resolve(line);
    });
    const { port } = JSON.parse(await listening.promise);
    await firestore.stop();
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ type: "canary.natural", payload: { sentAt: "2030-01-01T00:00:00Z" } });
    const responses = Array.from({ length: 10 }, (_, n) =>
      fetch(`http://127.0.0.1:${port}/v1/tasks`, {
        method: "POST",
        headers: { ...headers, "idempotency-key": `${n}` },
        body,
      }),
    );
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual(responses.map(() => 503));

    child.kill("SIGTERM");

    expect(await once(child, "close")).toEqual([0, null]);
    expect(lines.at(-1)).toContain(`"message":"stopped"`);
  });
});
