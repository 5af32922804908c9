import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const BIN = path.resolve(import.meta.dirname, "../../bin/handoff-emulator.mjs");
const EMULATORS = [
  { only: "cloud-tasks", file: "cloud-tasks.jsonl" },
  { only: "firestore", file: "firestore.jsonl" },
];

function run(only: string, data: string, through: readonly string[] = []) {
  const [command, ...before] = [...through, process.execPath];
  const args = [...before, BIN, "--only", only, "--data", data, "--port", "0", "--firestore-port", "0"];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit").then(([code]: unknown[]) => code);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return { child, exited };
}

/** Runs the program until it listens. */
async function start(only: string, data: string) {
  const program = run(only, data);
  for await (const line of createInterface(program.child.stdout)) {
    if (JSON.parse(line).message === "listening") break;
  }
  program.child.stdout.resume();
  return program;
}

/** What the program says when it can't start: one line, without a stack. */
async function refusal(only: string, data: string, through: readonly string[] = []): Promise<string> {
  const { child, exited } = run(only, data, through);
  child.stdout.resume();
  const printed = await text(child.stderr);
  expect(await exited).toBe(1);
  expect(printed.trimEnd().split("\n")).toHaveLength(1);
  return printed.trimEnd();
}

test.each(EMULATORS)("says who uses the folder, if another $only emulator does", async ({ only, file }) => {
  const data = temporaryFolder();
  const { child, exited } = await start(only, data);
  // The command runs the emulators in a process of its own.
  const owner = fs.readFileSync(path.join(data, file.replace(".jsonl", ".owner")), "utf8");
  expect(owner).toContain(` on ${os.hostname()}`);
  expect(await refusal(only, data)).toBe(
    `${path.join(data, file)} is in use by ${owner}. Stop that emulator, or use another folder: --data DIR.`,
  );
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
});

test.each(EMULATORS)("says where a journal of $only is damaged, and keeps it", async ({ only, file }) => {
  const data = temporaryFolder();
  const { child, exited } = await start(only, data);
  child.kill("SIGTERM");
  await exited;
  const journal = path.join(data, file);
  const damaged = fs.readFileSync(journal, "utf8").replace('"entries":0', '"entries":1');
  fs.writeFileSync(journal, damaged);
  expect(await refusal(only, data)).toContain(`${journal} is damaged at line 2 (byte 31): its checksum is wrong.`);
  expect(fs.readFileSync(journal, "utf8")).toBe(damaged);
});

test.each(EMULATORS)("says that a folder of $only is a file", async ({ only, file }) => {
  const data = path.join(temporaryFolder(), "file");
  fs.writeFileSync(data, "");
  expect(await refusal(only, data)).toContain(`${path.join(data, file)} can't be used: file already exists (EEXIST).`);
});

test("says that the signing key is damaged", async () => {
  const data = temporaryFolder();
  const key = path.join(data, "cloud-tasks-signing-key.pem");
  fs.writeFileSync(key, "-----BEGIN");
  expect(await refusal("cloud-tasks", data)).toBe(`${key} is damaged. Delete it; the next start makes another key.`);
});

/** Runs a command where `folder` is a disk of its own, of 64 KiB, which is full. */
const onFullDisk = (folder: string): string[] => [
  "unshare",
  "--mount",
  "sh",
  "-c",
  'mount -t tmpfs -o size=64k full "$0" && { dd if=/dev/zero of="$0/filler" 2>/dev/null; exec "$@"; }',
  folder,
];
const [command = "", ...mount] = onFullDisk(os.tmpdir());
const canMount = spawnSync(command, [...mount, "true"]).status === 0;

test.skipIf(!canMount).each(EMULATORS)("says that there is no room for what $only stores", async ({ only, file }) => {
  const disk = temporaryFolder();
  expect(await refusal(only, path.join(disk, "data"), onFullDisk(disk))).toBe(
    `${path.join(disk, "data", file)} can't be used: no space left on device (ENOSPC). ` +
      `Make room in ${path.join(disk, "data")}, or use another folder: --data DIR.`,
  );
});
