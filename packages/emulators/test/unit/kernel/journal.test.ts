import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { BrokenJournalError, openJournal } from "../../../src/kernel/storage/journal.ts";

/** A file that doesn't exist yet, in a temporary folder. */
function journalFile(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-journal-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return path.join(folder, "state", "journal.jsonl");
}

/** Opens the journal until the test ends. */
function open(file: string) {
  const journal = openJournal<unknown>(file);
  onTestFinished(() => journal.close());
  return journal;
}

const entriesIn = (file: string) => [...open(file).replay()];

it("starts empty, in a folder that it creates", () => {
  const file = journalFile();
  expect(entriesIn(file)).toEqual([]);
  expect(fs.readFileSync(file, "utf8")).toBe("");
});

it("reads the entries back, oldest first", () => {
  const file = journalFile();
  const journal = open(file);
  const entries = [{ n: 1 }, "a\nb\u2028c", null, [1.5, { é: true }], 0];
  for (const entry of entries) journal.append(entry);
  expect(entriesIn(file)).toEqual(entries);
});

it("has an entry in the file when append returns", () => {
  const file = journalFile();
  open(file).append({ n: 1 });
  expect(fs.readFileSync(file, "utf8")).toBe('{"n":1}\n');
});

it("appends to the entries of an earlier run", () => {
  const file = journalFile();
  open(file).append(1);
  open(file).append(2);
  expect(entriesIn(file)).toEqual([1, 2]);
});

it.each(['{"n":3', "3", '{"n":3}', "\0\0\0", '"caf\u00c3'])("drops the last line %j, which a kill cut off", (torn) => {
  const file = journalFile();
  open(file).append({ n: 1 });
  fs.appendFileSync(file, torn);
  const journal = open(file);
  expect([...journal.replay()]).toEqual([{ n: 1 }]);
  journal.append({ n: 2 });
  expect(entriesIn(file)).toEqual([{ n: 1 }, { n: 2 }]);
});

it("drops the only line if it was cut off", () => {
  const file = journalFile();
  open(file);
  fs.writeFileSync(file, '{"n":');
  expect(entriesIn(file)).toEqual([]);
});

it.each(['{"n":', "", "\0", "undefined"])("refuses a file with a broken line %j, and says what to do", (broken) => {
  const file = journalFile();
  open(file);
  const content = `1\n${broken}\n3\n`;
  fs.writeFileSync(file, content);
  expect(() => entriesIn(file)).toThrow(BrokenJournalError);
  expect(() => entriesIn(file)).toThrow(
    `${file} is broken at line 2. Fix the line, or discard everything with --fresh`,
  );
  expect(fs.readFileSync(file, "utf8")).toBe(content);
});

it("counts the bytes appended since it was opened or compacted", () => {
  const file = journalFile();
  open(file).append("before");
  const journal = open(file);
  expect(journal.appendedBytes).toBe(0);
  journal.append("é");
  expect(journal.appendedBytes).toBe(5);
  journal.compact(["é", "é"]);
  expect(journal.appendedBytes).toBe(0);
  journal.append(1);
  expect(journal.appendedBytes).toBe(2);
});

it("replaces the content with a snapshot, and appends to it", () => {
  const file = journalFile();
  const journal = open(file);
  for (const entry of [1, 2, 3]) journal.append(entry);
  journal.compact(["sum", 6]);
  journal.append(4);
  expect(entriesIn(file)).toEqual(["sum", 6, 4]);
  expect(fs.readdirSync(path.dirname(file)).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "journal.jsonl",
    "journal.jsonl.lock",
  ]);
});

it("compacts to nothing", () => {
  const file = journalFile();
  const journal = open(file);
  journal.append(1);
  journal.compact([]);
  expect(entriesIn(file)).toEqual([]);
});

it("writes a snapshot of several chunks whole", () => {
  const file = journalFile();
  const large = Array.from({ length: 30 }, (_, index) => ({ index, text: "é".repeat(100_000) }));
  open(file).compact(large);
  expect(entriesIn(file)).toEqual(large);
});

it("keeps its content when a snapshot fails, and goes on", () => {
  const file = journalFile();
  const journal = open(file);
  journal.append(1);
  const failing = function* (): Generator {
    yield "half";
    throw new Error("no more");
  };
  expect(() => journal.compact(failing())).toThrow("no more");
  journal.append(2);
  expect(entriesIn(file)).toEqual([1, 2]);
});

it("ignores the remains of a compaction that was killed", () => {
  const file = journalFile();
  open(file).append(1);
  fs.writeFileSync(`${file}.new`, '{"half":');
  const journal = open(file);
  expect([...journal.replay()]).toEqual([1]);
  journal.compact(["whole"]);
  expect(entriesIn(file)).toEqual(["whole"]);
});

it("reads lines that span several chunks, with characters across their edges", () => {
  const file = journalFile();
  const journal = open(file);
  const long = ["x", "é".repeat(1_500_000), "€".repeat(1_000_000), "y"];
  for (const entry of long) journal.append(entry);
  expect(entriesIn(file)).toEqual(long);
});

it("can be opened by one process at a time, and by another once that has ended", () => {
  const file = journalFile();
  open(file).append(1);
  const other = spawn("sleep", ["30"]);
  onTestFinished(() => void other.kill());
  fs.writeFileSync(`${file}.lock`, String(other.pid));
  expect(() => openJournal(file)).toThrow(
    `${file} is in use by process ${other.pid}. Stop that process, or use another folder`,
  );
  fs.writeFileSync(`${file}.lock`, "999999999");
  expect(entriesIn(file)).toEqual([1]);
});

it("removes half a line when the disk is full, so that the next one isn't broken", () => {
  const file = journalFile();
  const journal = open(file);
  journal.append(1);
  const write = fs.writeSync;
  const full = vi.spyOn(fs, "writeSync");
  full.mockImplementationOnce((descriptor) => write(descriptor, '{"half":'));
  full.mockImplementationOnce(() => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  });
  expect(() => journal.append({ half: "and half" })).toThrow("no space left");
  full.mockRestore();
  journal.append(2);
  expect(entriesIn(file)).toEqual([1, 2]);
});
