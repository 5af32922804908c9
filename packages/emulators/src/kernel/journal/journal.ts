import fs from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type EmulatorLog, silentLog } from "../emulator-log.ts";
import { AppendedFile } from "./appended-file.ts";
import { compactFile } from "./compaction.ts";
import { notUsable, reasonOf } from "./data-folder-error.ts";
import { type FolderLock, lockJournal } from "./folder-lock.ts";
import { type Contents, type Restore, readJournal } from "./journal-reader.ts";
import { VERSION, encodeLine } from "./line.ts";
import { emptyFile, removeFile, temporaryOf } from "./temporary-file.ts";

/** A journal of one emulator, in a file. */
export interface JournalOptions<Entry> {
  /** Ends with an extension. Beside it are its lock and, during a compaction, its replacement. */
  readonly path: string;
  /** Whether to discard what the file holds. Default false. */
  readonly fresh?: boolean;
  /** Whether to keep every entry: then the file is never compacted. Default false. */
  readonly keepAll?: boolean;
  /** Applies an entry of an earlier run. Called in order, before the journal is open. */
  readonly restore: Restore<Entry>;
  /**
   * Entries that lead to the present state. It is called between two changes, and read while there are more: what they
   * change may be in it already, and is appended as well.
   */
  readonly snapshot: () => Iterable<Entry>;
  /** Default: none. */
  readonly log?: EmulatorLog;
  /** Awaited after each slice of a compaction. Default: the next turn of the event loop. */
  readonly turn?: () => Promise<void>;
}

/**
 * An append-only file of entries, which is replaced by a snapshot of the state from time to time.
 *
 * When `append` returns, the operating system has the entry: it survives a kill of the process, but not a power cut,
 * which is enough for an emulator's state.
 */
export interface Journal<Entry> {
  /**
   * Stores an entry. The caller then applies it, in the same turn of the event loop.
   *
   * @throws NotStoredError when it can't be stored. The file is then as it was before.
   */
  append(entry: Entry): void;
  close(): Promise<void>;
}

/** The file is compacted once this much was appended since the last time, or as much as the snapshot took if that is more. */
const MIN_GROWTH_BYTES = 16 * 1024 * 1024;

/** After a compaction that failed, the next one waits until this much more was appended. */
const GROWTH_AFTER_FAILURE_BYTES = MIN_GROWTH_BYTES / 4;

/**
 * Opens a journal, restores what it holds, and creates it and its folder if they don't exist. A last line that a kill cut
 * off is dropped, with a warning: its call never returned.
 *
 * @throws BrokenJournalError when the file is damaged; it is then left as it is. FolderInUseError when another emulator
 * has it open. FolderNotUsableError when it can't be read or written.
 */
export async function openJournal<Entry>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
  try {
    fs.mkdirSync(path.dirname(options.path), { recursive: true });
  } catch (error) {
    throw notUsable(options.path, error);
  }
  const lock = await lockJournal(options.path);
  try {
    removeFile(temporaryOf(options.path));
    if (options.fresh) fs.rmSync(options.path, { force: true });
    const journal = new OpenJournal(options, lock, await openFile(options));
    await journal.shorten();
    return journal;
  } catch (error) {
    lock.release();
    throw notUsable(options.path, error);
  }
}

interface OpenedFile {
  readonly appended: AppendedFile;
  readonly nextNumber: number;
  readonly snapshotBytes: number;
}

/** Reads the file, and prepares it for appending. A new one, and one of the first version, begins as a snapshot. */
async function openFile<Entry>(options: JournalOptions<Entry>): Promise<OpenedFile> {
  const { log = silentLog } = options;
  const contents = await readJournalFile(options);
  if (contents?.torn) {
    log.warn({ file: options.path, ...contents.torn }, "dropped the journal's last line, which a kill cut off");
  }
  if (contents?.version === VERSION) {
    const descriptor = fs.openSync(options.path, "a+");
    if (contents.torn) fs.ftruncateSync(descriptor, contents.wholeBytes);
    return { ...contents, appended: new AppendedFile(options.path, { descriptor, bytes: contents.wholeBytes }) };
  }
  if (contents && contents.wholeBytes === 0) log.warn({ file: options.path }, "the journal is empty");
  const { signal } = new AbortController();
  const snapshot = options.snapshot();
  const made = await compactFile({ path: options.path, snapshot, nextNumber: 1, turn: nextTurn, signal });
  return { ...made, nextNumber: 1, appended: new AppendedFile(options.path, made) };
}

/**
 * Hands over the entries of a journal, without a lock and without changing the file. Null when there is none.
 *
 * @throws BrokenJournalError when the file is damaged.
 */
export async function readJournalFile<Entry>({
  path: file,
  restore,
}: Pick<JournalOptions<Entry>, "path" | "restore">): Promise<Contents | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  try {
    return await readJournal({ path: file, file: handle }, restore);
  } finally {
    await handle.close();
  }
}

class OpenJournal<Entry> implements Journal<Entry> {
  readonly #options: JournalOptions<Entry>;
  readonly #log: EmulatorLog;
  readonly #lock: FolderLock;
  readonly #file: AppendedFile;
  #nextNumber: number;
  #snapshotBytes: number;
  /** After a compaction that failed, the file's size at which to try again. */
  #tryAgainAtBytes = 0;
  #compaction: { readonly ended: Promise<void>; readonly controller: AbortController } | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(options: JournalOptions<Entry>, lock: FolderLock, opened: OpenedFile) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#lock = lock;
    this.#file = opened.appended;
    this.#nextNumber = opened.nextNumber;
    this.#snapshotBytes = opened.snapshotBytes;
  }

  /** Compacts the file once it is open. Resolves when a small one is shorter; a large one is compacted meanwhile. */
  async shorten(): Promise<void> {
    if (this.#options.keepAll || this.#file.bytes === this.#snapshotBytes) return;
    this.#startCompaction();
    if (this.#file.bytes < MIN_GROWTH_BYTES) await this.#compaction?.ended;
  }

  append(entry: Entry): void {
    const line = encodeLine(String(this.#nextNumber), JSON.stringify(entry));
    this.#store(line);
    this.#nextNumber += 1;
    if (this.#isOvergrown() && !this.#compaction) this.#startCompaction();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#compaction?.controller.abort();
    await this.#compaction?.ended;
    this.#file.close();
    this.#lock.release();
  }

  #store(line: Buffer): void {
    try {
      this.#appendOrMakeRoom(line);
    } catch (error) {
      if (!this.#isFailing) this.#log.error({ err: error, file: this.#options.path }, "can't store changes");
      this.#isFailing = true;
      throw error;
    }
    if (this.#isFailing) this.#log.info({ file: this.#options.path }, "can store changes again");
    this.#isFailing = false;
  }

  /** A compaction under way must not take the last of the room from what it is for. */
  #appendOrMakeRoom(line: Buffer): void {
    try {
      this.#file.append(line);
    } catch (error) {
      if (!this.#compaction || this.#compaction.controller.signal.aborted) throw error;
      this.#compaction.controller.abort();
      emptyFile(temporaryOf(this.#options.path));
      this.#file.append(line);
    }
  }

  #isOvergrown(): boolean {
    if (this.#options.keepAll) return false;
    const grownBytes = this.#file.bytes - this.#snapshotBytes;
    return grownBytes > Math.max(MIN_GROWTH_BYTES, this.#snapshotBytes) && this.#file.bytes > this.#tryAgainAtBytes;
  }

  #startCompaction(): void {
    const controller = new AbortController();
    const ended = this.#compact(controller.signal).finally(() => {
      this.#compaction = undefined;
    });
    this.#compaction = { ended, controller };
  }

  /** Never rejects. If it fails, the journal stays as it is, and tries again when it has grown. */
  async #compact(signal: AbortSignal): Promise<void> {
    const { path: file, snapshot, turn = nextTurn } = this.#options;
    // Only then has the entry that was just stored been applied.
    await nextTurn();
    try {
      signal.throwIfAborted();
      const { bytes, snapshotBytes, entries } = await compactFile({
        path: file,
        snapshot: snapshot(),
        nextNumber: this.#nextNumber,
        appended: this.#file,
        turn,
        signal,
      });
      this.#snapshotBytes = snapshotBytes;
      this.#tryAgainAtBytes = 0;
      this.#log.info({ file, entries, bytes }, "compacted the journal");
    } catch (error) {
      this.#tryAgainAtBytes = this.#file.bytes + GROWTH_AFTER_FAILURE_BYTES;
      if (signal.aborted) return;
      const reason = reasonOf(error) ?? (error instanceof Error ? error.message : String(error));
      this.#log.warn({ err: error, file, reason }, "can't compact the journal now; it goes on growing");
    }
  }
}
