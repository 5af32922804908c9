import { status } from "@grpc/grpc-js";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../../support/manual-clock.ts";
import { setupClient, setupRaw } from "./support/bundle.ts";
import { startOurs, temporaryFolder } from "./support/our-emulator.ts";
import { begin, commit } from "./support/raw-transaction.ts";

const MAIN = path.resolve(import.meta.dirname, "../../../services/local/firestore/main.ts");

function runMain(address: string, args: readonly string[] = []) {
  const program = spawn(process.execPath, [MAIN, ...args], {
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

it("counts its calls by their names", async () => {
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

it("refuses a query so that the client doesn't ask again", async () => {
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

  emulator.clear();
  expect(await db.listCollections()).toEqual([]);
  expect(await other.listCollections()).toEqual([]);
  await expect(transaction.commit({ path: "c/a", fields: {} })).rejects.toMatchObject({ code: 10 });
});

it("leaves no timer behind when it stops", async () => {
  const clock = new ManualClock();
  const { stop } = await startOurs({ clock });
  expect(clock.pending).toBe(1);
  await stop();
  expect(clock.pending).toBe(0);
});

it("rejects with EADDRINUSE when the port is taken, and leaves the files of who has it alone", async () => {
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

it("stops once, however often it is told to", async () => {
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

it("names the variable and exits with 1 when the address can't be one", async () => {
  const { program, exited } = runMain("8090");
  const complaint = await text(program.stderr);
  expect(await exited).toEqual([1, null]);
  expect(complaint).toContain("FIRESTORE_EMULATOR_HOST");
});

it("says which modes of concurrency there are and exits with 1 when it is told another", async () => {
  const { program, exited } = runMain("127.0.0.1:0", ["--concurrency", "hopeful"]);
  const complaint = await text(program.stderr);
  expect(await exited).toEqual([1, null]);
  expect(complaint).toBe("--concurrency is pessimistic or optimistic.\n");
});

it("takes its mode of concurrency from --concurrency", async () => {
  const { program } = runMain("127.0.0.1:0", ["--concurrency", "optimistic"]);
  const [line] = await once(createInterface(program.stdout), "line");
  const raw = setupRaw(`127.0.0.1:${JSON.parse(String(line)).port}`);
  const reader = await begin(raw);
  await reader.read("c/a");

  await commit(raw, [{ path: "c/a", fields: { by: "outside" } }]);
  await expect(reader.commit()).rejects.toMatchObject({ code: 10 });
});

it.each(["SIGTERM", "SIGINT"] as const)("logs one line when it listens, and exits with 0 on %s", async (signal) => {
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
});

it("answers UNIMPLEMENTED to calls that it doesn't have, and 404 to other HTTP requests", async () => {
  const { address } = await startOurs();
  const { client, database } = setupRaw(address);
  const pipeline = client.executePipeline({ database });
  const failure = await once(pipeline, "error").catch((error: unknown) => [error]);
  expect(failure[0]).toMatchObject({ code: 12 });
  const answer = await fetch(`http://${address}/v1/${database}/documents/c/a`);
  expect(answer.status).toBe(404);
});
