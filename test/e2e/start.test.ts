import { once } from "node:events";
import { execFile } from "node:child_process";
import http from "node:http";
import net from "node:net";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { startWebhookReceiver } from "../harness/network/webhook-receiver.ts";
import { producerClient } from "./support/producer-client.ts";
import { freePorts, shareStack, spawnStack, startStackProcess } from "./support/stack-process.ts";
import { temporaryFolder } from "../harness/runtime/temporary-folder.ts";

const run = promisify(execFile);

test("tasks that are queued when the stack is stopped are delivered after it is started again, and --fresh forgets them", async () => {
  const receiver = await startWebhookReceiver();
  onTestFinished(() => receiver.close());
  const first = await startStackProcess();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    const payload = { url: `http://127.0.0.1:${receiver.port}/hook`, event: "later", data: n };
    const { id } = await producerClient(first).enqueue({ type: "webhook.deliver", payload, delaySeconds: 5 });
    ids.push(id);
  }

  const exitCode = await first.stop("SIGINT");
  const second = await startStackProcess({ dataDir: first.dataDir, ports: first.ports });
  for (const id of ids) await producerClient(second).untilState(id, "succeeded");

  const scheduled = { type: "canary.natural", payload: { sentAt: "2030-01-01T00:00:00Z" }, delaySeconds: 600 };
  const { id: waiting } = await producerClient(second).enqueue(scheduled);
  await second.stop();
  const third = await startStackProcess({ dataDir: first.dataDir, ports: first.ports, args: ["--fresh"] });

  expect((await fetch(`${producerClient(third).base}/v1/tasks/${waiting}`)).status).toBe(404);
  expect(exitCode).toBe(0);
  expect(first.lines.at(-1)).toBe("stopped");
  expect(receiver.received).toHaveLength(5);
  expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set(ids));
});

test("a stack that logs only errors still becomes ready, and counts what is done", async () => {
  const stack = await startStackProcess({ env: { LOG_LEVEL: "error" } });
  const producer = producerClient(stack);

  expect((await fetch(`${producer.base}/ready`)).status).toBe(200);
  const { id } = await producer.enqueue({ type: "canary.claim", payload: { sentAt: "2030-01-01T00:00:00Z" } });
  await producer.untilState(id, "succeeded");
  const done = async (): Promise<number> => {
    const response = await fetch(`${producer.base}/v1/throughput?minutes=5`);
    const { items }: { items: { done: number }[] } = JSON.parse(await response.text());
    return items.reduce((sum, minute) => sum + minute.done, 0);
  };
  await expect.poll(done, { timeout: 100_000 }).toBe(1);
  expect(stack.lines.filter((line) => /listening|delivery/.test(line))).toEqual([]);
});

test("ports that are in use are named with the variables that move them, and nothing is left running", async () => {
  const ports = await freePorts();
  for (const port of [ports.worker, ports.queues]) {
    const squatter = net.createServer().listen(port, "127.0.0.1");
    await once(squatter, "listening");
    onTestFinished(() => void squatter.close());
  }

  const stack = spawnStack({ dataDir: temporaryFolder(), ports });
  await stack.line(/port \d+ \(worker\): set WORKER_PORT to a free port/);
  await stack.line(/\(cloud-tasks\): set CLOUD_TASKS_EMULATOR_HOST to 127\.0\.0\.1:<a free port>/);

  expect(await stack.exited).toBe(1);
  await expect(fetch(`http://127.0.0.1:${ports.firestore}/`)).rejects.toThrow("fetch failed");
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "a stack that gets a %s before it is ready stops what it has started",
  async (signal) => {
    const stack = spawnStack({ dataDir: temporaryFolder(), ports: await freePorts() });
    await stack.line(/^firestore has pid/);
    const firestore = stack.pidOf("firestore");
    // So that it can only end if the stack sees to that.
    process.kill(firestore, "SIGSTOP");
    onTestFinished(() => void (isRunning(firestore) && process.kill(firestore, "SIGKILL")));

    expect(await stack.stop(signal)).toBe(0);

    expect(isRunning(firestore)).toBe(false);
    expect(stack.lines.at(-1)).toBe("stopped");
  },
);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a worker that is killed by hand eleven times is back each time, and nothing is left running once the stack itself is", async () => {
  const stack = await startStackProcess();
  for (let kills = 1; kills <= 11; kills++) {
    const before = stack.lines.length;
    process.kill(stack.pidOf("worker"), "SIGKILL");
    await stack.line(/^worker has pid/, before);
    await stack.line(/^worker .*listening/, before);
  }
  expect((await fetch(`http://127.0.0.1:${stack.ports.worker}/live`)).status).toBe(200);
  expect((await fetch(`${producerClient(stack).base}/live`)).status).toBe(200);
  expect(stack.lines.join("\n")).not.toContain("crash loop");

  const pids = ["firestore", "cloud-tasks", "worker", "producer", "console"].map((program) => stack.pidOf(program));
  await stack.stop("SIGKILL");
  await expect.poll(() => pids.filter(isAlive), { timeout: 100_000 }).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a worker that can't start again is reported as a crash loop with its cause, and is back once that is gone", async () => {
  const stack = await startStackProcess();
  const before = stack.lines.length;
  process.kill(stack.pidOf("worker"), "SIGKILL");
  const squatter = await listenAsSoonAsFree(stack.ports.worker);
  onTestFinished(() => void squatter.close());

  await stack.line(/^worker is in a crash loop: .+ exit code 1; starting it again in \d+ s/, before);
  await stack.line(new RegExp(`last error: Port ${stack.ports.worker} is in use`), before);
  expect((await fetch(`${producerClient(stack).base}/live`)).status).toBe(200);

  squatter.close();
  await stack.line(/^worker .*listening/, before);
  expect((await fetch(`http://127.0.0.1:${stack.ports.worker}/live`)).status).toBe(200);
});

async function listenAsSoonAsFree(port: number): Promise<net.Server> {
  const server = net.createServer();
  for (;;) {
    server.listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
      return server;
    } catch {
      await setImmediate();
    }
  }
}

describe("a stack that is left as it is", () => {
  const sharedStack = shareStack({ args: ["--allow-host", "my.example"], env: { ALLOW_HOST: "other.example" } });

  test("the printed curl line works as printed, each line about its task shows the id and type, and what they say is counted", async () => {
    const stack = sharedStack();
    const start = stack.lines.findIndex((line) => line.includes("curl"));
    const command = `${stack.lines[start]?.trim().replace(/\\$/, "")} ${stack.lines[start + 1]?.trim()}`;

    const { stdout } = await run("sh", ["-c", command]);

    expect(stdout).toContain("HTTP/1.1 202 Accepted");
    const id = /"id":"([^"]+)"/.exec(stdout)?.[1] ?? "";
    const line = await stack.line(new RegExp(`^worker .*delivery .*${id}`));
    expect(line).toContain(`taskId=${id} taskType=canary.claim queue=default`);

    // No other test of this stack enqueues any.
    const response = await fetch(`${producerClient(stack).base}/v1/throughput?minutes=5`);
    const { items }: { items: { enqueued: number; done: number }[] } = JSON.parse(await response.text());
    expect(items).toHaveLength(5);
    const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);
    expect([sum(items.map(({ enqueued }) => enqueued)), sum(items.map(({ done }) => done))]).toEqual([1, 1]);
  });

  test("--allow-host lets a name with a dot through to all programs, and no other", async () => {
    const stack = sharedStack();
    const statusFor = (port: number, host: string, path: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const request = http.get({ host: "127.0.0.1", port, path, headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.once("error", reject);
      });
    for (const [program, path] of [
      ["producer", "/live"],
      ["worker", "/live"],
      ["console", "/live"],
      ["queues", "/"],
      ["firestore", "/"],
    ] as const) {
      const hosts = ["my.example", "other.example", "127.0.0.1", "rebound.example"];
      const statuses = await Promise.all(hosts.map((host) => statusFor(stack.ports[program], host, path)));
      expect([program, ...statuses]).toEqual([program, 200, 200, 200, 403]);
    }
  });
});
