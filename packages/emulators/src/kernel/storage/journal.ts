import fs from "node:fs";
import path from "node:path";
import { readLines, wholeLinesOf } from "./line-file.ts";
import { lockFile } from "./lock-file.ts";

/**
 * An append-only file of entries. Compacting replaces it with a snapshot.
 *
 * When `append` returns, the operating system has the entry: it survives a kill of the process, but not a power cut,
 * which is enough for an emulator's state.
 */
export interface Journal<Entry> {
  /**
   * The entries at the time of opening, oldest first, read lazily.
   *
   * @throws BrokenJournalError at a line that can't be parsed.
   */
  replay(): Iterable<Entry>;
  /** Bytes appended since the file was opened or compacted. */
  readonly appendedBytes: number;
  append(entry: Entry): void;
  /** Replaces the file's content atomically: a kill in between leaves the old content. */
  compact(entries: Iterable<Entry>): void;
  close(): void;
}

/** A journal can't be used. The message says why, and what to do. */
export class BrokenJournalError extends Error {
  readonly code = "BROKEN_JOURNAL";
}

/**
 * Opens the journal in `file`, and creates the file and its folder if they don't exist. Entries are JSON, one per line. A
 * last line without a newline was cut off by a kill before its call returned, so it is dropped.
 *
 * @throws BrokenJournalError when another running process has the journal open.
 */
export function openJournal<Entry>(file: string): Journal<Entry> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const lock = lockFile(`${file}.lock`);
  if (lock.kind === "held") {
    throw new BrokenJournalError(
      `${file} is in use by process ${lock.pid}. Stop that process, or use another folder: --data DIR.`,
    );
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
        // Half a line, from a full disk for example, would make the next entry unreadable.
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
      `${at.file} is broken at line ${at.number}. Fix the line, or discard everything with --fresh.`,
      { cause },
    );
  }
}

/** Snapshots are written in chunks of about this size, so that a long one is never in memory as a whole. */
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
