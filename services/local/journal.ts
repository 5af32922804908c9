import fs from "node:fs";
import path from "node:path";

/**
 * A file of entries that is only ever appended to, with a snapshot at its start after each compaction.
 *
 * When `append` returns, the entry has been handed to the operating system: it survives a kill of the process, though
 * not a power cut, which is enough for an emulator's state.
 */
export interface Journal<Entry> {
  /** What was in the file when it was opened, oldest first. */
  readonly entries: readonly Entry[];
  /** Bytes appended since the file was opened or compacted. */
  readonly appendedBytes: number;
  append(entry: Entry): void;
  /** Replaces the file's content, atomically: a kill in the middle leaves the old content. */
  compact(entries: Iterable<Entry>): void;
  close(): void;
}

/** A journal can't be read; the message says which line and what to do. */
export class BrokenJournalError extends Error {
  readonly code = "BROKEN_JOURNAL";
}

/**
 * Opens the journal in `file`, made with its folder when there is none. Entries are JSON values, one a line.
 *
 * @throws BrokenJournalError when a line other than the last can't be parsed. A last line without its newline was cut
 * off by a kill, before its call was answered, and is dropped.
 */
export function openJournal<Entry>(file: string): Journal<Entry> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const { entries, wholeBytes } = readEntries(file);
  let descriptor = fs.openSync(file, "a");
  fs.ftruncateSync(descriptor, wholeBytes);
  let appendedBytes = 0;

  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each line was written by `append` or `compact`
    entries: entries as Entry[],
    get appendedBytes() {
      return appendedBytes;
    },
    append(entry) {
      appendedBytes += writeAll(descriptor, Buffer.from(`${JSON.stringify(entry)}\n`));
    },
    compact(snapshot) {
      const replacement = `${file}.new`;
      writeSnapshot(replacement, snapshot);
      fs.closeSync(descriptor);
      fs.renameSync(replacement, file);
      descriptor = fs.openSync(file, "a");
      appendedBytes = 0;
    },
    close() {
      fs.closeSync(descriptor);
    },
  };
}

function readEntries(file: string): { entries: unknown[]; wholeBytes: number } {
  if (!fs.existsSync(file)) return { entries: [], wholeBytes: 0 };
  const content = fs.readFileSync(file);
  const wholeBytes = content.lastIndexOf("\n") + 1;
  const lines = content.toString("utf8", 0, wholeBytes).split("\n").slice(0, -1);
  return { entries: lines.map((line, index) => parseLine(line, { file, number: index + 1 })), wholeBytes };
}

function parseLine(line: string, at: { file: string; number: number }): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BrokenJournalError(
      `${at.file} is broken at line ${at.number}. Start with --fresh to begin with nothing, or mend the line.`,
      { cause },
    );
  }
}

/** Long snapshots are written in chunks of about this many characters, so that they never stand in memory whole. */
const SNAPSHOT_CHUNK_CHARACTERS = 1 << 20;

function writeSnapshot(file: string, entries: Iterable<unknown>): void {
  const descriptor = fs.openSync(file, "w");
  let chunk = "";
  for (const entry of entries) {
    chunk += `${JSON.stringify(entry)}\n`;
    if (chunk.length < SNAPSHOT_CHUNK_CHARACTERS) continue;
    writeAll(descriptor, Buffer.from(chunk));
    chunk = "";
  }
  writeAll(descriptor, Buffer.from(chunk));
  fs.fsyncSync(descriptor);
  fs.closeSync(descriptor);
}

function writeAll(descriptor: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += fs.writeSync(descriptor, bytes, written);
  return written;
}
