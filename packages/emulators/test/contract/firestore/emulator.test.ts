import { Firestore } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";
import { setupClient, setupRaw } from "./support/harness.ts";
import { openListenStream } from "./support/listening/listen-stream.ts";
import { startOurs } from "./support/our-emulator.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { begin, commit, readTexts } from "./support/transactions/raw-transaction.ts";

const MAIN = path.resolve(import.meta.dirname, "../../../src/cli/main.ts");

function runMain(address: string, args: readonly string[] = []) {
  const program = spawn(process.execPath, [MAIN, "--only", "firestore", ...args], {
    env: { ...process.env, FIRESTORE_EMULATOR_HOST: address },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(program, "exit");
  onTestFinished(async () => {
    program.kill("SIGKILL");
    await exited;
  });
  return { program, exited };
}

it("counts its calls by name", async () => {
  const { address, emulator } = await startOurs();
  const { collection, db } = setupClient(address);
  await collection.doc("a").set({});
  await collection.doc("a").get();
  await db.runTransaction(async (transaction) => {
    await transaction.get(collection.doc("a"));
    transaction.set(collection.doc("a"), { x: 1 });
  });
  expect(Object.fromEntries(emulator.calls)).toEqual({ Commit: 2, BatchGetDocuments: 2 });
});

it("refuses a query in a way that the client doesn't retry", async () => {
  const { address, emulator } = await startOurs();
  const { collection } = setupClient(address);
  const twice = collection.where("a", "array-contains", 1).where("b", "array-contains", 2);
  await expect(twice.get()).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(emulator.calls.get("RunQuery")).toBe(1);
});

it("clears every database, and ends the transactions on them", async () => {
  const { address, emulator } = await startOurs();
  const { collection, connect, db } = setupClient(address);
  const other = connect({ databaseId: "other" });
  await collection.doc("a").set({});
  await other.doc("b/c").set({});
  const raw = setupRaw(address);
  const transaction = await begin(raw);

  emulator.reset();
  expect(await db.listCollections()).toEqual([]);
  expect(await other.listCollections()).toEqual([]);
  await expect(transaction.commit({ path: "c/a", fields: {} })).rejects.toMatchObject({ code: 10 });
});

it("sets a timer only while a transaction is open, and leaves none behind when it stops", async () => {
  const clock = new VirtualClock();
  const { address, stop } = await startOurs({ clock });
  const raw = setupRaw(address);
  expect(clock.pending).toBe(0);
  const first = await begin(raw);
  const second = await begin(raw);
  expect(clock.pending).toBe(1);
  await first.commit({ path: "c/a", fields: {} });
  expect(clock.pending).toBe(1);
  await second.commit({ path: "c/b", fields: {} });
  expect(clock.pending).toBe(0);
  await begin(raw);
  await stop();
  expect(clock.pending).toBe(0);
});

it("lets a month pass at once, long after the end of a transaction", async () => {
  const clock = new VirtualClock();
  const { address } = await startOurs({ clock });
  const transaction = await begin(setupRaw(address));
  await clock.advance("30d");
  await expect(transaction.read("c/a")).rejects.toMatchObject({ code: 3 });
});

it("removes the documents of one project or one database", async () => {
  const { address, emulator } = await startOurs();
  const { connect, projectId } = setupClient(address);
  const places = [
    { projectId, databaseId: "(default)" },
    { projectId, databaseId: "other" },
    { projectId: "elsewhere", databaseId: "other" },
  ];
  const clients = places.map((place) => connect(place));
  for (const client of clients) await client.doc("c/a").set({});
  const left = async (): Promise<boolean[]> =>
    Promise.all(clients.map(async (client) => (await client.doc("c/a").get()).exists));
  emulator.reset({ project: projectId, database: "other" });
  expect(await left()).toEqual([true, false, true]);
  emulator.reset({ project: projectId });
  expect(await left()).toEqual([false, false, true]);
});

it("returns the options for Google's client", async () => {
  const { emulator } = await startOurs();
  const db = new Firestore(emulator.clientOptions());
  onTestFinished(() => db.terminate());
  await db.doc("c/a").set({ n: 1 });
  expect((await db.doc("c/a").get()).data()).toEqual({ n: 1 });
  expect(emulator.clientOptions({ projectId: "mine" }).projectId).toBe("mine");
});

it("injects faults of calls, before or after they take effect", async () => {
  const { address, emulator } = await startOurs();
  const raw = setupRaw(address);
  const fault = { kind: "call", method: "Commit", code: "INTERNAL", times: 1 } as const;
  emulator.inject({ ...fault, when: "before" });
  await expect(commit(raw, [{ path: "c/a", fields: { n: "1" } }])).rejects.toMatchObject({ code: 13 });
  expect(await readTexts(raw, ["c/a"])).toEqual([null]);
  emulator.inject({ ...fault, when: "after" });
  await expect(commit(raw, [{ path: "c/a", fields: { n: "1" } }])).rejects.toMatchObject({ code: 13 });
  expect(await readTexts(raw, ["c/a"])).toEqual([{ n: "1" }]);
  expect(emulator.faults().map(({ hits }) => hits)).toEqual([1, 1]);
  emulator.reset();
  expect(emulator.faults()).toEqual([]);
});

it("rejects with EADDRINUSE when the port is taken, and doesn't touch the files of the other emulator", async () => {
  const dataDir = temporaryFolder();
  const { address, emulator, stop } = await startOurs({ dataDir });
  const { collection, projectId } = setupClient(address);
  await collection.doc("a").set({ x: 1 });
  const second = startOurs({ dataDir, fresh: true, port: emulator.port });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });

  await collection.doc("b").set({ x: 2 });
  await stop();
  const restarted = await startOurs({ dataDir });
  const stored = await setupClient(restarted.address).connect({ projectId }).collection("things").get();
  expect(stored.docs.map((document): unknown => document.get("x"))).toEqual([1, 2]);
});

it("stops once, however often it is called", async () => {
  const { stop, emulator } = await startOurs({ dataDir: temporaryFolder() });
  await Promise.all([emulator.stop(), emulator.stop(), stop()]);
  await expect(emulator.stop()).resolves.toBeUndefined();
});

it("names the variable in one line and exits with 1 when the port is taken", async () => {
  const { address } = await startOurs();
  const { program, exited } = runMain(address);
  const complaint = await text(program.stderr);
  expect(await exited).toEqual([1, null]);
  expect(complaint).toContain("FIRESTORE_EMULATOR_HOST");
  expect(complaint.trimEnd().split("\n")).toHaveLength(1);
});

it("names the variable and exits with 1 when the address is invalid", async () => {
  const { program, exited } = runMain("8090");
  const complaint = await text(program.stderr);
  expect(await exited).toEqual([1, null]);
  expect(complaint).toContain("FIRESTORE_EMULATOR_HOST");
});

it("uses the mode of --concurrency", async () => {
  const { program } = runMain("127.0.0.1:0", ["--concurrency", "optimistic"]);
  const [line] = await once(createInterface(program.stdout), "line");
  const raw = setupRaw(`127.0.0.1:${JSON.parse(String(line)).port}`);
  const reader = await begin(raw);
  await reader.read("c/a");

  await commit(raw, [{ path: "c/a", fields: { by: "outside" } }]);
  await expect(reader.commit({ path: "c/b", fields: {} })).rejects.toMatchObject({ code: 10 });
});

it.each(["SIGTERM", "SIGINT"] as const)(
  "logs one line when it is listening, and exits with 0 on %s",
  async (signal) => {
    const { program, exited } = runMain("127.0.0.1:0");
    const lines: string[] = [];
    const output = createInterface(program.stdout).on("line", (line) => lines.push(line));
    await once(output, "line");
    const { port, ...listening } = JSON.parse(lines[0] ?? "");
    expect(listening).toMatchObject({ message: "listening", host: "127.0.0.1" });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);

    program.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(lines).toHaveLength(1);
  },
);

it("exits with 0 while a client listens", async () => {
  const { program, exited } = runMain("127.0.0.1:0");
  const [line] = await once(createInterface(program.stdout), "line");
  const { port } = JSON.parse(String(line));
  const raw = setupRaw(`127.0.0.1:${port}`);
  const stream = openListenStream(raw);
  stream.add({ targetId: 1, documents: { documents: [raw.name("c/a")] } });
  await stream.upTo(/^NO_CHANGE/);
  program.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  expect(await stream.ended).toBe(status.UNAVAILABLE);
});

it("responds UNIMPLEMENTED to calls that it doesn't have, and 404 to other HTTP requests", async () => {
  const { address } = await startOurs();
  const { client, database } = setupRaw(address);
  const pipeline = client.executePipeline({ database });
  const failure = await once(pipeline, "error").catch((error: unknown) => [error]);
  expect(failure[0]).toMatchObject({ code: 12 });
  const response = await fetch(`http://${address}/v1/${database}/documents/c/a`);
  expect(response.status).toBe(404);
});
