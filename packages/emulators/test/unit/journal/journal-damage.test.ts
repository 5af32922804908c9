import * as fc from "fast-check";
import fs from "node:fs";
import { expect, it } from "vitest";
import { BrokenJournalError } from "../../../src/kernel/journal/data-folder-error.ts";
import { readJournalFile } from "../../../src/kernel/journal/journal.ts";
import { type Entry, messages, newJournalPath, openLedger } from "./ledger.ts";

const SNAPSHOT_ENTRIES = 3;
const APPENDED_ENTRIES = 5;
const ENTRIES = SNAPSHOT_ENTRIES + APPENDED_ENTRIES;

/** A journal with a snapshot and entries after it, whose bytes a test damages. */
async function journalOfTwoRuns() {
  const file = newJournalPath();
  for (const count of [SNAPSHOT_ENTRIES, APPENDED_ENTRIES]) {
    const ledger = await openLedger(file);
    for (let n = 0; n < count; n++) ledger.set(`${count}-${n}`, { n, text: "zwölf" });
    await ledger.close();
  }
  return { file, bytes: fs.readFileSync(file) };
}

const linesOf = (bytes: Buffer): string[] => bytes.toString().trimEnd().split("\n");
const offsetOfLine = (bytes: Buffer, index: number): number =>
  Buffer.byteLength(
    linesOf(bytes)
      .slice(0, index)
      .map((line) => `${line}\n`)
      .join(""),
  );

/** What a start makes of these bytes: the entries, or that they are damaged. */
async function read(file: string, bytes: Buffer | string) {
  fs.writeFileSync(file, bytes);
  const entries: Entry[] = [];
  try {
    const contents = await readJournalFile<Entry>({ path: file, restore: (entry) => void entries.push(entry) });
    return { kind: "read", keys: entries.map(({ key }) => key), torn: contents?.torn } as const;
  } catch (error) {
    if (!(error instanceof BrokenJournalError)) throw error;
    return { kind: "damaged", message: error.message } as const;
  }
}

it("notices a flipped bit in every byte, wherever it is", async () => {
  const { file, bytes } = await journalOfTwoRuns();
  const unnoticed: string[] = [];
  for (let byte = 0; byte < bytes.length; byte++) {
    // Bit 5 makes a capital of a small letter, also in a checksum.
    for (const bit of [byte % 8, 5]) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(byte) ^ (1 << bit), byte);
      const { kind } = await read(file, flipped);
      if (kind !== "damaged") unnoticed.push(`bit ${bit} of byte ${byte}`);
    }
  }
  expect(unnoticed).toEqual([]);
});

it("reads a prefix of what was there, or says that it is damaged, when bytes are replaced", async () => {
  const { file, bytes } = await journalOfTwoRuns();
  const intact = await read(file, bytes);
  if (intact.kind !== "read") throw new Error(intact.message);
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom("\n", "\r\n", "\0\0\0\0", '{"key":"x","value":1}\n').map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length), fc.nat(60), anyBytes, async (start, length, inserted) => {
      const changed = Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + length)]);
      const outcome = await read(file, changed);
      if (outcome.kind === "damaged" || changed.equals(bytes)) return;
      expect(intact.keys.slice(0, outcome.keys.length)).toEqual(outcome.keys);
      // Nothing but the end of the file can go unnoticed, as its lines could have been the last.
      expect(outcome.torn !== undefined || bytes.subarray(0, changed.length).equals(changed)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it("reads what is whole when the end was cut off, and says so", async () => {
  const { file, bytes } = await journalOfTwoRuns();
  const snapshotEnd = offsetOfLine(bytes, SNAPSHOT_ENTRIES + 2);
  for (let length = 1; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    const wholeLines = cut.toString().split("\n").length - 1;
    const outcome = await read(file, cut);
    const found = outcome.kind === "read" ? { entries: outcome.keys.length, isTorn: outcome.torn !== undefined } : null;
    // A snapshot is all or nothing.
    const expected = length < snapshotEnd ? null : { entries: wholeLines - 2, isTorn: cut.at(-1) !== 0x0a };
    expect({ length, found }).toEqual({ length, found: expected });
  }
});

it("notices lines that are missing, doubled or out of order", async () => {
  const { file, bytes } = await journalOfTwoRuns();
  const lines = linesOf(bytes);
  const changed = lines.flatMap((line, index) => [
    { what: `without line ${index + 1}`, lines: lines.toSpliced(index, 1) },
    { what: `line ${index + 1} doubled`, lines: lines.toSpliced(index, 0, line) },
    { what: `line ${index + 1} moved on`, lines: lines.toSpliced(index, 1).toSpliced(index + 1, 0, line) },
  ]);
  const unnoticed: string[] = [];
  for (const { what, lines: wrong } of changed) {
    if (wrong.join() === lines.join()) continue;
    const outcome = await read(file, `${wrong.join("\n")}\n`);
    if (outcome.kind !== "damaged") unnoticed.push(what);
  }
  // The end of a file can't tell whether there was more.
  expect(unnoticed).toEqual([`without line ${lines.length}`]);
});

it.each([
  {
    what: "zeros instead of a file",
    change: (bytes: Buffer) => Buffer.alloc(bytes.length),
    says: "at line 1 (byte 0)",
  },
  {
    what: "zeros at the end",
    change: (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(100)]),
    says: "it has no end",
  },
  {
    what: "another text at the end",
    change: (bytes: Buffer) => Buffer.concat([bytes, Buffer.from("xyz")]),
    says: "it has no end",
  },
  {
    what: "line ends of Windows",
    change: (bytes: Buffer) => Buffer.from(bytes.toString().replaceAll("\n", "\r\n")),
    says: "its end was converted to that of Windows",
  },
  {
    what: "a later version",
    change: () => Buffer.from('194d6fb0 journal {"version":3}\n'),
    says: "its format is 3 instead of 2",
  },
  { what: "a first line of another file", change: () => Buffer.from("# notes\n"), says: "at line 1 (byte 0)" },
  {
    what: "an endless line",
    change: (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1_000_000, "7")]),
    says: "it has no end",
  },
])("refuses $what, names the file, and leaves it as it is", async ({ change, says }) => {
  const { file, bytes } = await journalOfTwoRuns();
  const changed = change(bytes);
  fs.writeFileSync(file, changed);
  await expect(openLedger(file)).rejects.toThrow(BrokenJournalError);
  await expect(openLedger(file)).rejects.toThrow(says);
  await expect(openLedger(file)).rejects.toThrow(file);
  expect(fs.readFileSync(file).equals(changed)).toBe(true);
});

it("says where the damage is, and how to keep what comes before it; and that works", async () => {
  const { file, bytes } = await journalOfTwoRuns();
  const line = ENTRIES;
  const offset = offsetOfLine(bytes, line - 1);
  fs.writeFileSync(file, Buffer.concat([bytes.subarray(0, offset), Buffer.from("x"), bytes.subarray(offset + 1)]));
  await expect(openLedger(file)).rejects.toThrow(
    `${file} is damaged at line ${line} (byte ${offset}): its checksum is wrong. ` +
      `To keep just what comes before that line, cut the file there (truncate -s ${offset} ${file}). ` +
      "The file was left as it is. Put back a copy of it, or discard everything with --fresh.",
  );
  fs.truncateSync(file, offset);
  expect((await openLedger(file)).state.size).toBe(line - 1 - 2);
});

it("doesn't advise to cut a snapshot, which is all or nothing", async () => {
  const { file, bytes } = await journalOfTwoRuns();
  fs.writeFileSync(file, bytes.toString().replace("zwölf", "twölf"));
  await expect(openLedger(file)).rejects.toThrow(/^(?!.*truncate).*is damaged at line 2 /);
});

it.each(["0", "0d9e1f23", "0d9e1f23 9 ", '0d9e1f23 9 {"key":"caf\u00c3'])(
  "drops a last line %j that a kill cut off, with a warning, and goes on after it",
  async (torn) => {
    const { file, bytes } = await journalOfTwoRuns();
    fs.appendFileSync(file, torn);
    const ledger = await openLedger(file);
    expect(ledger.state.size).toBe(ENTRIES);
    expect(ledger.logged[0]).toEqual({
      level: "warn",
      message: "dropped the journal's last line, which a kill cut off",
      file,
      number: linesOf(bytes).length + 1,
      offset: bytes.length,
      bytes: Buffer.byteLength(torn),
    });
    ledger.set("next", 1);
    await ledger.close();
    expect((await openLedger(file)).state.size).toBe(ENTRIES + 1);
  },
);

it("warns of an empty file", async () => {
  const { file } = await journalOfTwoRuns();
  fs.truncateSync(file);
  const ledger = await openLedger(file);
  expect(messages(ledger)).toEqual(["warn: the journal is empty"]);
});

it.each([
  { line: '{"key":', says: "it is not JSON" },
  { line: "", says: "it is not JSON" },
  { line: "\0", says: "it is not JSON" },
  { line: Buffer.from('{"key":"caf\u00c3","value":1}', "latin1"), says: "it is not UTF-8" },
])("refuses line $line of a file of the first version", async ({ line, says }) => {
  const { file } = await journalOfTwoRuns();
  const bytes = Buffer.concat([
    Buffer.from('{"key":"a","value":1}\n'),
    Buffer.from(line),
    Buffer.from('\n{"key":"b"}\n'),
  ]);
  fs.writeFileSync(file, bytes);
  await expect(openLedger(file)).rejects.toThrow(`${file} is damaged at line 2 (byte 22): ${says}`);
  expect(fs.readFileSync(file).equals(bytes)).toBe(true);
});

it("refuses an entry that the state can't take", async () => {
  const { file } = await journalOfTwoRuns();
  const failing = readJournalFile<Entry>({
    path: file,
    restore() {
      throw new Error("no such queue");
    },
  });
  await expect(failing).rejects.toThrow("at line 2 (byte 31): it doesn't go with the lines before it");
});
