import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { setupClient, setupRaw } from "../support/harness.ts";
import { startOurs } from "../support/our-emulator.ts";
import { recordingLog } from "../../../support/recorded-log.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { begin, commit, readTexts } from "../support/transactions/raw-transaction.ts";

const MAIN = path.resolve(import.meta.dirname, "../../../../src/cli/main.ts");

/** Runs the program, so that it can be killed. */
async function runMain(args: readonly string[]) {
  const program = spawn(process.execPath, [MAIN, "--only", "firestore", ...args], {
    env: { ...process.env, FIRESTORE_EMULATOR_HOST: "127.0.0.1:0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(program, "exit");
  onTestFinished(async () => {
    program.kill("SIGKILL");
    await exited;
  });
  const [line] = await once(createInterface(program.stdout), "line");
  const { host, port, message } = JSON.parse(String(line));
  return { program, exited, message, address: `${host}:${port}` };
}

it("has all acknowledged writes after a kill, with their times", async () => {
  const dataDir = temporaryFolder();
  const { address, program, exited } = await runMain(["--data", dataDir]);
  const raw = setupRaw(address);
  const fields = {
    smallest: { integerValue: "-9223372036854775808" },
    double: { doubleValue: -0 },
    bytes: { bytesValue: Buffer.from([0, 255]) },
  };
  const write = { update: { name: raw.name("c/a"), fields } };
  await raw.client.commit({ database: raw.database, writes: [{ update: { name: raw.name("c/a"), fields: {} } }] });
  await raw.client.commit({ database: raw.database, writes: [write] });
  await commit(raw, [{ path: "c/gone", fields: {} }]);
  await commit(raw, [{ path: "c/gone", fields: null }]);
  const [before] = await raw.client.getDocument({ name: raw.name("c/a") });
  program.kill("SIGKILL");
  await exited;

  const restarted = await startOurs({ dataDir });
  const again = setupRaw(restarted.address);
  const [after] = await again.client.getDocument({ name: raw.name("c/a") });
  expect(after).toEqual(before);
  expect(after.createTime).not.toEqual(after.updateTime);
  await expect(again.client.getDocument({ name: raw.name("c/gone") })).rejects.toMatchObject({ code: 5 });
});

it.each([
  ["keeps every commit if it is told to", true, 3],
  ["keeps only the latest version of a document otherwise", false, 1],
])("%s", async (_does, keepAll, versions) => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir, keepAll });
  const raw = setupRaw(first.address);
  const texts = ["one", "two", "three"];
  for (const text of texts) await commit(raw, [{ path: "c/a", fields: { text } }]);
  await first.stop();

  const second = await startOurs({ dataDir, keepAll });
  expect(await readTexts({ ...raw, client: setupRaw(second.address).client }, ["c/a"])).toEqual([{ text: "three" }]);
  await second.stop();
  const stored = fs.readFileSync(path.join(dataDir, "firestore.jsonl"), "utf8");
  expect(stored.match(/"written"/g)).toHaveLength(versions);
});

it("starts empty with --fresh", async () => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir });
  const raw = setupRaw(first.address);
  await commit(raw, [{ path: "c/a", fields: {} }]);
  await first.stop();

  const { address } = await runMain(["--data", dataDir, "--fresh"]);
  await expect(setupRaw(address).client.getDocument({ name: raw.name("c/a") })).rejects.toMatchObject({ code: 5 });
});

it("keeps databases apart, and cleared ones empty, after a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir });
  const { collection, connect, projectId } = setupClient(first.address);
  await collection.doc("a").set({ x: 1 });
  await connect({ databaseId: "other" }).doc("things/a").set({ y: 1 });
  const clear = `http://${first.address}/emulator/v1/projects/${projectId}/databases/(default)/documents`;
  await fetch(clear, { method: "DELETE" });
  await collection.doc("b").set({ z: 1 });
  await first.stop();

  const second = await startOurs({ dataDir });
  const { connect: reconnect } = setupClient(second.address);
  const ids = (await reconnect({ projectId }).collection("things").listDocuments()).map((document) => document.id);
  expect(ids).toEqual(["b"]);
  const other = await reconnect({ projectId, databaseId: "other" }).doc("things/a").get();
  expect(other.data()).toEqual({ y: 1 });
});

it("never lets times go back, even when the clock does", async () => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir, clock: new VirtualClock({ startMs: 2_000_000_000_000 }) });
  const { collection, projectId } = setupClient(first.address);
  const { writeTime: earlier } = await collection.doc("a").set({});
  await first.stop();

  const second = await startOurs({ dataDir, clock: new VirtualClock({ startMs: 1_900_000_000_000 }) });
  const document = setupClient(second.address).connect({ projectId }).doc("things/b");
  const { writeTime: later } = await document.set({});
  const { readTime } = await document.get();
  expect(later.valueOf() > earlier.valueOf()).toBe(true);
  expect(readTime.valueOf() >= later.valueOf()).toBe(true);
});

it("makes the client retry a transaction of an earlier run, and refuses to read before the restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir });
  const raw = setupRaw(first.address);
  const [{ commitTime }] = await raw.client.commit({
    database: raw.database,
    writes: [{ update: { name: raw.name("c/a"), fields: {} } }],
  });
  await commit(raw, [{ path: "c/a", fields: { v: "new" } }]);
  const transaction = await begin(raw);
  await first.stop();

  const second = await startOurs({ dataDir });
  const { client } = setupRaw(second.address);
  await expect(client.commit({ database: raw.database, transaction: transaction.id })).rejects.toMatchObject({
    code: 3,
    details: "The referenced transaction has expired or is no longer valid.",
  });
  const past = { name: raw.name("c/a"), readTime: commitTime ?? null };
  await expect(client.getDocument(past)).rejects.toMatchObject({ code: 9 });
});

it("compacts its file at the start, and when it is much larger than the state", async () => {
  const dataDir = temporaryFolder();
  const file = path.join(dataDir, "firestore.jsonl");
  const compacted = Promise.withResolvers<void>();
  const log = recordingLog(({ message }) => {
    if (message === "compacted the journal") compacted.resolve();
  });
  const first = await startOurs({ dataDir, log });
  const { collection, projectId } = setupClient(first.address);
  // 1.2 MB each in base64, and 16 MiB of garbage are allowed.
  for (let i = 0; i < 14; i++) await collection.doc("a").set({ i, text: "x".repeat(900_000) });
  await compacted.promise;
  expect(fs.statSync(file).size).toBeLessThan(2 * 1024 * 1024);

  await collection.doc("a").set({ i: 20 });
  await collection.doc("a").set({ i: 21 });
  await first.stop();
  expect(fs.statSync(file).size).toBeGreaterThan(1024 * 1024);
  const second = await startOurs({ dataDir });
  expect(fs.statSync(file).size).toBeLessThan(1024);
  const stored = await setupClient(second.address).connect({ projectId }).doc("things/a").get();
  expect(stored.data()).toEqual({ i: 21 });
  await expect(readTexts(setupRaw(second.address), ["things/a"])).resolves.toEqual([null]);
});

it("keeps the documents of several lines of a snapshot, and of several databases", async () => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir });
  const { connect, projectId } = setupClient(first.address);
  const ids = Array.from({ length: 300 }, (_, index) => `d${String(index).padStart(3, "0")}`);
  for (const databaseId of ["one", "two"]) {
    const db = connect({ databaseId });
    const batch = db.batch();
    for (const id of ids) batch.set(db.doc(`c/${id}`), { id, databaseId, text: "x".repeat(1_000) });
    await batch.commit();
  }
  await first.stop();
  const second = await startOurs({ dataDir });
  await second.stop();
  const third = await startOurs({ dataDir });
  const { connect: reconnect } = setupClient(third.address);
  for (const databaseId of ["one", "two"]) {
    const { docs } = await reconnect({ projectId, databaseId }).collection("c").get();
    expect(docs.map((document) => [document.id, document.get("databaseId")])).toEqual(
      ids.map((id) => [id, databaseId]),
    );
  }
});

it("refuses a broken file, names the line, and frees the port", async () => {
  const dataDir = temporaryFolder();
  const first = await startOurs({ dataDir });
  const raw = setupRaw(first.address);
  for (const path of ["c/a", "c/b"]) await commit(raw, [{ path, fields: {} }]);
  await first.stop();
  const file = path.join(dataDir, "firestore.jsonl");
  const lines = fs.readFileSync(file, "utf8").split("\n");
  fs.writeFileSync(file, lines.toSpliced(2, 1, (lines[2] ?? "").slice(0, 20)).join("\n"));

  const { port } = first.emulator;
  await expect(startOurs({ dataDir, port })).rejects.toMatchObject({
    code: "BROKEN_JOURNAL",
    message: expect.stringContaining(`${file} is damaged at line 3 `),
  });
  const third = await startOurs({ dataDir, port, fresh: true });
  expect(await readTexts(setupRaw(third.address), ["c/a"])).toEqual([null]);
});
