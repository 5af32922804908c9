import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { newJournalPath, openLedger } from "./ledger.ts";

const PROGRAM = path.join(import.meta.dirname, "lock-holder.ts");

/** Starts another process that opens a journal, and resolves with what it says. */
async function startHolder(file: string, through: readonly string[] = []) {
  const [command, ...args] = [...through, process.execPath, PROGRAM, file];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const [said] = await once(createInterface(child.stdout), "line");
  return { said: String(said), child, ended };
}

/** What one that is refused says, up to who has the journal. */
const inUse = (file: string): string => `${file} is in use by process `;

it("is open in one process at a time, and the other hears whose it is", async () => {
  const file = newJournalPath();
  const { said, child } = await startHolder(file);
  expect(said).toBe("open");
  await expect(openLedger(file)).rejects.toThrow(
    `${file} is in use by process ${child.pid} on ${os.hostname()}. Stop that emulator, or use another folder: --data DIR.`,
  );
});

it("is open once in a process", async () => {
  const { path: file } = await openLedger();
  await expect(openLedger(file)).rejects.toMatchObject({
    code: "FOLDER_IN_USE",
    message: expect.stringContaining(inUse(file)),
  });
});

it("is the same journal by another path", async () => {
  const { path: file } = await openLedger();
  const other = `${path.dirname(file)}-link`;
  fs.symlinkSync(path.dirname(file), other);
  await expect(openLedger(path.join(other, "ledger.jsonl"))).rejects.toMatchObject({ code: "FOLDER_IN_USE" });
});

it("isn't touched by one that is refused, not even by a fresh start", async () => {
  const ledger = await openLedger();
  ledger.set("a", 1);
  fs.writeFileSync(`${ledger.path}.new`, "a compaction under way");
  await expect(openLedger(ledger.path, { fresh: true })).rejects.toMatchObject({ code: "FOLDER_IN_USE" });
  ledger.set("b", 2);
  expect(fs.readFileSync(`${ledger.path}.new`, "utf8")).toBe("a compaction under way");
});

it("is free at once when its process is killed", async () => {
  const file = newJournalPath();
  const { child, ended } = await startHolder(file);
  child.kill("SIGKILL");
  await ended;
  expect((await startHolder(file)).said).toBe("open");
});

it("stays with a process that is suspended", async () => {
  const file = newJournalPath();
  const { child } = await startHolder(file);
  child.kill("SIGSTOP");
  expect((await startHolder(file)).said).toContain(inUse(file));
  child.kill("SIGCONT");
});

it("is opened by exactly one of many processes that start at the same time", async () => {
  const file = newJournalPath();
  const holders = await Promise.all(Array.from({ length: 6 }, () => startHolder(file)));
  const [opened = [], refused = []] = [true, false].map((isOpen) =>
    holders.filter(({ said }) => (said === "open") === isOpen),
  );
  expect(opened).toHaveLength(1);
  for (const { said } of refused) expect(said).toContain(inUse(file));
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(3);
});

/** As in two containers with a volume in common, where each process has the id 1. */
const CONTAINER = ["unshare", "--pid", "--net", "--uts", "--fork", "--kill-child", "--mount-proc"];
const [unshare = "", ...namespaces] = CONTAINER;
const hasContainers = spawnSync(unshare, [...namespaces, "true"]).status === 0;

it.skipIf(!hasContainers)("is open in one container at a time, although both processes have the id 1", async () => {
  const file = newJournalPath();
  const first = await startHolder(file, CONTAINER);
  expect(first.said).toBe("open");
  expect(fs.readFileSync(path.join(path.dirname(file), "ledger.owner"), "utf8")).toContain("process 1 on");
  expect((await startHolder(file, CONTAINER)).said).toContain(`${file} is in use by process 1 on`);
});

it("can be opened again in a process that has closed it", async () => {
  const ledger = await openLedger();
  await ledger.close();
  expect((await openLedger(ledger.path)).state.size).toBe(0);
});
