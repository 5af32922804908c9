import fs from "node:fs";
import path from "node:path";
import { readLines, wholeLinesOf } from "./line-file.ts";
import { lockFile } from "./lock-file.ts";

/**
 * A file of entries that is only ever appended to, with a snapshot at its start after each compaction.
 *
 * When `append` returns, the entry has been handed to the operating system: it survives a kill of the process, though
 * not a power cut, which is enough for an emulator's state.
 */
export interface Journal<Entry> {
  /**
   * What was in the file when it was opened, oldest first, read as it is asked for.
   *
   * @throws BrokenJournalError at a line that can't be parsed.
   */
  replay(): Iterable<Entry>;
  /** Bytes appended since the file was opened or compacted. */
  readonly appendedBytes: number;
  append(entry: Entry): void;
  /** Replaces the file's content, atomically: a kill in the middle leaves the old content. */
  compact(entries: Iterable<Entry>): void;
  close(): void;
}

/** A journal can't be used; the message says why and what to do. */
export class BrokenJournalError extends Error {
  readonly code = "BROKEN_JOURNAL";
}

/**
 * Opens the journal in `file`, made with its folder when there is none. Entries are JSON values, one a line. A last line
 * without its newline was cut off by a kill, before its call was answered, and is dropped.
 *
 * @throws BrokenJournalError when another process that is alive has it open.
 */
export function openJournal<Entry>(file: string): Journal<Entry> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const lock = lockFile(`${file}.lock`);
  if (lock.kind === "held") {
    throw new BrokenJournalError(`${file} is used by process ${lock.pid}. Stop it, or use another folder: --data DIR.`);
  }
  let descriptor = fs.openSync(file, "a+");
  const openedBytes = wholeLinesOf(descriptor);
  fs.ftruncateSync(descriptor, openedBytes);
  let fileBytes = openedBytes;
  let appendedBytes = 0;

  return {
    *replay() {
      let number = 0;
      for (const line of readLines(file, openedBytes)) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each line was written by `append` or `compact`
        yield parseLine(line, { file, number: ++number }) as Entry;
      }
    },
    get appendedBytes() {
      return appendedBytes;
    },
    append(entry) {
      const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
      try {
        writeAll(descriptor, bytes);
      } catch (error) {
        // Half a line, as on a full disk, would be a broken one in the middle once something follows it.
        fs.ftruncateSync(descriptor, fileBytes);
        throw error;
      }
      fileBytes += bytes.length;
      appendedBytes += bytes.length;
    },
    compact(snapshot) {
      const replacement = `${file}.new`;
      writeSnapshot(replacement, snapshot);
      fs.closeSync(descriptor);
      fs.renameSync(replacement, file);
      descriptor = fs.openSync(file, "a+");
      fileBytes = fs.fstatSync(descriptor).size;
      appendedBytes = 0;
    },
    close() {
      fs.closeSync(descriptor);
      lock.release();
    },
  };
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
  try {
    let chunk = "";
    for (const entry of entries) {
      chunk += `${JSON.stringify(entry)}\n`;
      if (chunk.length < SNAPSHOT_CHUNK_CHARACTERS) continue;
      writeAll(descriptor, Buffer.from(chunk));
      chunk = "";
    }
    writeAll(descriptor, Buffer.from(chunk));
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += fs.writeSync(descriptor, bytes, written);
}
