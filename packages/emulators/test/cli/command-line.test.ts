import { Firestore } from "@google-cloud/firestore";
import { CloudTasksClient } from "@google-cloud/tasks";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { clientOptions } from "../../src/cloud-tasks/client-options.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const BIN = path.resolve(import.meta.dirname, "../../bin/handoff-emulator.mjs");
const ANY_PORTS = ["--port", "0", "--firestore-port", "0"];

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit").then(([code]: unknown[]) => code);
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  return { child, exited };
}

/** Runs the program until its emulators are listening, and returns their addresses by name. */
async function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { child, exited } = run([...ANY_PORTS, ...args], env);
  const wanted = args.includes("--only") ? 1 : 2;
  const addresses = new Map<string, { host: string; port: number }>();
  for await (const line of createInterface(child.stdout)) {
    const { service, host, port, message } = JSON.parse(line);
    if (message !== "listening") continue;
    addresses.set(service, { host, port });
    if (addresses.size === wanted) break;
  }
  child.stdout.resume();
  const of = (name: string): { host: string; port: number } => {
    const address = addresses.get(name);
    if (!address) throw new Error(`There is no ${name}.`);
    return address;
  };
  return { child, exited, addresses, of, url: (name: string) => `http://${of(name).host}:${of(name).port}` };
}

test("is one process, so that no emulator outlives a command that is killed", async () => {
  const program = await start(["--only", "cloud-tasks"]);
  program.child.kill("SIGKILL");
  await program.exited;
  await expect(fetch(program.url("cloud-tasks"))).rejects.toThrow("fetch failed");
});

test("runs both emulators on one clock, with queues from a file, and stops on SIGTERM", async () => {
  const file = path.join(temporaryFolder(), "queue.yaml");
  fs.writeFileSync(file, "queue:\n- name: mail\n  rate: 5/s\n");
  const program = await start(["--queues", file, "--project", "mine", "--location", "here", "--virtual-clock"]);

  const tasks = new CloudTasksClient(clientOptions(program.of("cloud-tasks")));
  onTestFinished(() => tasks.close());
  const [queue] = await tasks.getQueue({ name: "projects/mine/locations/here/queues/mail" });
  expect(queue.rateLimits?.maxDispatchesPerSecond).toBe(5);
  const { host, port } = program.of("firestore");
  const db = new Firestore({ projectId: "mine", host: `${host}:${port}`, ssl: false });
  onTestFinished(() => db.terminate());
  await db.doc("c/a").set({ n: 1 });

  const advanced = await fetch(`${program.url("cloud-tasks")}/_emulator/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ advance: "1d" }),
  });
  const clocks = await Promise.all(
    ["cloud-tasks", "firestore"].map(async (name) => (await fetch(`${program.url(name)}/_emulator/clock`)).json()),
  );
  expect(clocks[0]).toEqual(await advanced.json());
  expect(clocks[1]).toEqual(clocks[0]);

  program.child.kill("SIGTERM");
  expect(await program.exited).toBe(0);
});

test("runs one emulator alone, and keeps its data in a folder until --fresh", async () => {
  const data = temporaryFolder();
  const first = await start(["--only", "firestore", "--data", data]);
  expect([...first.addresses.keys()]).toEqual(["firestore"]);
  const write = async (program: typeof first): Promise<Firestore> => {
    const { host, port } = program.of("firestore");
    const db = new Firestore({ projectId: "mine", host: `${host}:${port}`, ssl: false });
    onTestFinished(() => db.terminate());
    return db;
  };
  await (await write(first)).doc("c/a").set({ n: 1 });
  first.child.kill("SIGINT");
  expect(await first.exited).toBe(0);
  const kept = await start(["--only", "firestore", "--data", data]);
  expect((await (await write(kept)).doc("c/a").get()).data()).toEqual({ n: 1 });
  kept.child.kill("SIGTERM");
  await kept.exited;
  const fresh = await start(["--only", "firestore", "--data", data, "--fresh"]);
  expect((await (await write(fresh)).doc("c/a").get()).exists).toBe(false);
});

test("serves the names that the command line and ALLOW_HOST allow, and no other name with a dot", async () => {
  const args = ["--allow-host", "one.example", "--allow-host", "two.example"];
  const program = await start(args, { ALLOW_HOST: "three.example, host.docker.internal" });
  for (const emulator of ["cloud-tasks", "firestore"]) {
    const { port } = program.of(emulator);
    const statusFor = (host: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const request = http.get({ host: "127.0.0.1", port, headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.once("error", reject);
      });
    const names = ["one.example", "two.example:80", "three.example", "host.docker.internal", "four.example"];
    expect(await Promise.all(names.map(statusFor))).toEqual([200, 200, 200, 200, 403]);
  }
});

test("prints its options", async () => {
  const { child, exited } = run(["--help"]);
  const printed = await text(child.stdout);
  expect(await exited).toBe(0);
  for (const option of ["--queues FILE", "--virtual-clock", "--data DIR", "--fresh"]) expect(printed).toContain(option);
});

test.each([
  { args: ["--only", "pubsub"], says: "--only must be cloud-tasks or firestore" },
  { args: ["--port", "eighty"], says: "--port must be a port" },
  { args: ["--allow-host", "a.example:80"], says: "--allow-host must be the name of a host, without a port" },
  { args: ["--fault-seed", "x"], says: "--fault-seed must be a number" },
  { args: ["--concurrency", "hopeful"], says: "--concurrency must be pessimistic or optimistic" },
  { args: ["--queues", "/nowhere.yaml"], says: "The queues in /nowhere.yaml can't be read" },
  { args: ["--prot", "1"], says: "Unknown option '--prot'" },
])("refuses $args with a sentence", async ({ args, says }) => {
  const { child, exited } = run([...ANY_PORTS, ...args]);
  const printed = await text(child.stderr);
  expect(await exited).toBe(1);
  expect(printed).toContain(says);
  expect(printed).not.toContain("    at ");
});

test("says which port is taken and what to set, and leaves nothing running", async () => {
  const first = await start(["--only", "firestore"]);
  const { port } = first.of("firestore");
  const { child, exited } = run(["--port", "0", "--firestore-port", String(port)]);
  const printed = await text(child.stderr);
  expect(await exited).toBe(1);
  expect(printed.trim()).toBe(`Port ${port} is in use. Set --firestore-port or FIRESTORE_EMULATOR_HOST to a free one.`);
});
