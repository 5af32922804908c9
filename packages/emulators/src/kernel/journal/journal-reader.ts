import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { BrokenJournalError } from "./data-folder-error.ts";
import { VERSION, decodeLine, isBeginningOfLine } from "./line.ts";
import { type RawLine, readLines } from "./line-reader.ts";

/** What a journal's file holds, besides its entries. */
export interface Contents {
  readonly version: 1 | typeof VERSION;
  /** The number of the next line to append. */
  readonly nextNumber: number;
  /** Bytes up to the end of the last whole line. */
  readonly wholeBytes: number;
  /** How many of them are the snapshot. */
  readonly snapshotBytes: number;
  /** The last line, if a kill cut it off. */
  readonly torn?: { readonly number: number; readonly offset: number; readonly bytes: number };
}

/** Takes an entry. It may throw, if the entry can't be right. */
export type Restore<Entry> = (entry: Entry) => void;

/**
 * Reads a journal from its beginning, and passes its entries to `restore` in order. It doesn't change the file.
 *
 * @throws BrokenJournalError at the first line that isn't as it was written. Earlier entries were passed to `restore`.
 */
export async function readJournal<Entry>(
  opened: { path: string; file: FileHandle },
  restore: Restore<Entry>,
): Promise<Contents> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller knows what it has appended
  const reader = new JournalReader(opened.path, (entry) => restore(entry as Entry));
  for await (const lines of readLines(opened.file)) for (const line of lines) reader.take(line);
  return reader.end();
}

const OPEN_BRACE = 0x7b;

class JournalReader {
  readonly #path: string;
  readonly #restore: Restore<unknown>;
  #version: Contents["version"] | undefined;
  /** Version 2 begins with its header, then the snapshot. */
  #part: "header" | "snapshot" | "appended" = "header";
  /** The number that the next line of this part should have. */
  #next = 1;
  #wholeBytes = 0;
  #snapshotBytes = 0;
  #unfinished: RawLine | undefined;

  constructor(path: string, restore: Restore<unknown>) {
    this.#path = path;
    this.#restore = restore;
  }

  take(line: RawLine): void {
    if (this.#unfinished) throw this.#damage(this.#unfinished, "it is far too long");
    this.#version ??= line.bytes[0] === OPEN_BRACE ? 1 : VERSION;
    if (!line.isWhole) {
      this.#unfinished = { ...line, bytes: Buffer.from(line.bytes) };
      return;
    }
    if (this.#version === 1) this.#takeUnchecked(line);
    else this.#takeChecked(line);
    this.#wholeBytes = line.offset + line.bytes.length + 1;
  }

  end(): Contents {
    const torn = this.#unfinished;
    if (torn && !this.#isTorn(torn)) throw this.#damage(torn, "it has no end");
    if (this.#version === VERSION && this.#part !== "appended") {
      throw this.#broken(`${this.#path} is damaged: it ends within its snapshot.`);
    }
    return {
      version: this.#version ?? 1,
      nextNumber: this.#next,
      wholeBytes: this.#wholeBytes,
      snapshotBytes: this.#snapshotBytes,
      ...(torn ? { torn: { number: torn.number, offset: torn.offset, bytes: torn.bytes.length } } : {}),
    };
  }

  /** Only what was being appended can be torn: a snapshot is whole before the file gets its name. */
  #isTorn({ bytes }: RawLine): boolean {
    if (this.#version === 1) return true;
    return this.#part === "appended" && isBeginningOfLine(bytes, String(this.#next));
  }

  /** A line of version 1 is just JSON. */
  #takeUnchecked(line: RawLine): void {
    if (!isUtf8(line.bytes)) throw this.#damage(line, "it is not UTF-8");
    this.#takeEntry(line, line.bytes.toString());
  }

  #takeChecked(line: RawLine): void {
    const read = decodeLine(line.bytes);
    if (!read) throw this.#damage(line, whyWrong(line.bytes));
    switch (this.#part) {
      case "header":
        if (read.label !== "journal") throw this.#damage(line, "the file's first line is missing");
        this.#checkVersion(read.json);
        this.#part = "snapshot";
        return;
      case "snapshot":
        if (read.label === "end") this.#endSnapshot(line, read.json);
        else this.#takeNumbered(line, read, `s${this.#next}`);
        return;
      case "appended":
        this.#takeNumbered(line, read, String(this.#next));
    }
  }

  #takeNumbered(line: RawLine, { label, json }: { label: string; json: string }, expected: string): void {
    if (label !== expected) {
      throw this.#damage(line, `it should be ${expected} but is ${label}: lines are missing, doubled or out of order`);
    }
    this.#takeEntry(line, json);
    this.#next += 1;
  }

  #checkVersion(json: string): void {
    const header: unknown = JSON.parse(json);
    const version = typeof header === "object" && header && "version" in header ? header.version : undefined;
    if (version === VERSION) return;
    throw this.#broken(
      `${this.#path} was written by another version of the emulator: its format is ${String(version)} instead of ` +
        `${VERSION}. Use that version.`,
    );
  }

  #endSnapshot(line: RawLine, json: string): void {
    const end: unknown = JSON.parse(json);
    const [entries, next] =
      typeof end === "object" && end && "entries" in end && "next" in end ? [end.entries, end.next] : [];
    if (entries !== this.#next - 1 || typeof next !== "number") {
      throw this.#damage(line, `its snapshot should have ${String(entries)} entries but has ${this.#next - 1}`);
    }
    this.#part = "appended";
    this.#next = next;
    this.#snapshotBytes = line.offset + line.bytes.length + 1;
  }

  #takeEntry(line: RawLine, json: string): void {
    try {
      this.#restore(JSON.parse(json));
    } catch (cause) {
      if (cause instanceof SyntaxError) throw this.#damage(line, "it is not JSON", cause);
      throw this.#damage(line, "it doesn't go with the lines before it", cause);
    }
  }

  #damage({ number, offset }: RawLine, why: string, cause?: unknown): BrokenJournalError {
    const canBeCut = this.#part === "appended" || (this.#version === 1 && number > 1);
    const cut = ` To keep just what comes before that line, cut the file there (truncate -s ${offset} ${this.#path}).`;
    const place = `${this.#path} is damaged at line ${number} (byte ${offset}): ${why}.`;
    return this.#broken(`${place}${canBeCut ? cut : ""}`, cause);
  }

  #broken(text: string, cause?: unknown): BrokenJournalError {
    const remedy = "The file was left as it is. Put back a copy of it, or discard everything with --fresh.";
    return new BrokenJournalError(`${text} ${remedy}`, { cause });
  }
}

const CARRIAGE_RETURN = 0x0d;

function whyWrong(bytes: Buffer): string {
  const converted = bytes.at(-1) === CARRIAGE_RETURN && decodeLine(bytes.subarray(0, -1));
  return converted ? "its end was converted to that of Windows" : "its checksum is wrong";
}
