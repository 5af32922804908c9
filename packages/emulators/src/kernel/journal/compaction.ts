import fs from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type AppendedFile, writeAll } from "./appended-file.ts";
import { VERSION, encodeLine } from "./line.ts";
import { removeFile, temporaryOf } from "./temporary-file.ts";

/** The most that is written, or copied, before other work gets its turn. */
const SLICE_ENTRIES = 200;
const SLICE_BYTES = 256 * 1024;

/** More than is appended meanwhile, so that copying catches up. */
const COPIED_BYTES = 2 * 1024 * 1024;

/** If it doesn't, the compaction fails. It can be tried again when there is less to do. */
const MAX_COPIES = 10_000;

/** What a compaction works with. */
export interface CompactionOf {
  readonly path: string;
  /** Entries that lead to the state at the moment when the compaction starts, or to a later one. Read lazily. */
  readonly snapshot: Iterable<unknown>;
  /** The number of the next line to append, at that moment. */
  readonly nextNumber: number;
  /** The journal that is appended to meanwhile, and continues in the new file. Absent if there is none. */
  readonly appended?: AppendedFile;
  /** Awaited after each slice. */
  readonly turn: () => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Compacted {
  /** Open for appending. */
  readonly descriptor: number;
  readonly bytes: number;
  readonly snapshotBytes: number;
  readonly entries: number;
}

/**
 * Replaces a journal's file with a shorter one that leads to the same state. Meanwhile the old file is appended to, and it
 * is whole until the new one takes its place:
 *
 *     the old file   ………………|57|58|59|60|61|
 *                          ▲  └──┴─ copied ─┐       appended while the snapshot was written
 *                       snapshot            ▼
 *     the new file   s1 s2 s3 … end|57|58|59|60|61|  ── renamed ──▶ the file
 *
 * The state may change while the snapshot is written, slice by slice. The copied entries come after it, so an entry must
 * have the same effect on a state that it has already changed.
 *
 * @throws whatever the snapshot and the file system throw; the old file is then as it was, and the new one is gone.
 */
export async function compactFile(of: CompactionOf): Promise<Compacted> {
  const temporary = temporaryOf(of.path);
  const from = of.appended?.bytes ?? 0;
  let file: FileHandle | undefined;
  let descriptor: number | undefined;
  try {
    file = await open(temporary, "w");
    const written = await writeSnapshot(file, of);
    let copied = await copyAppended(file, of, from);
    await file.sync();
    // Again, since that took a while.
    copied += await copyAppended(file, of, from + copied);

    // From here on without a break, so that nothing is appended between the last copy and the change of files.
    of.signal.throwIfAborted();
    descriptor = fs.openSync(temporary, "a+");
    copied += copyRest(descriptor, of, from + copied);
    fs.renameSync(temporary, of.path);
    const compacted = { ...written, descriptor, bytes: written.snapshotBytes + copied };
    of.appended?.replaceWith(compacted);
    return compacted;
  } catch (error) {
    if (descriptor !== undefined) fs.closeSync(descriptor);
    // At once, since its space may be what is missing.
    removeFile(temporary);
    throw error;
  } finally {
    await file?.close().catch(() => undefined);
  }
}

async function writeSnapshot(file: FileHandle, of: CompactionOf): Promise<{ snapshotBytes: number; entries: number }> {
  let entries = 0;
  let snapshotBytes = 0;
  let slice = [encodeLine("journal", JSON.stringify({ version: VERSION }))];
  let sliceBytes = 0;
  const writeSlice = async (): Promise<void> => {
    const bytes = Buffer.concat(slice);
    slice = [];
    sliceBytes = 0;
    await file.appendFile(bytes);
    snapshotBytes += bytes.length;
    await of.turn();
    of.signal.throwIfAborted();
  };
  for (const entry of of.snapshot) {
    entries += 1;
    const line = encodeLine(`s${entries}`, JSON.stringify(entry));
    slice.push(line);
    sliceBytes += line.length;
    if (slice.length >= SLICE_ENTRIES || sliceBytes >= SLICE_BYTES) await writeSlice();
  }
  slice.push(encodeLine("end", JSON.stringify({ entries, next: of.nextNumber })));
  await writeSlice();
  return { snapshotBytes, entries };
}

/** Copies most of what was appended after `from`, and returns how many bytes. */
async function copyAppended(file: FileHandle, { appended, turn, signal }: CompactionOf, from: number): Promise<number> {
  let copied = 0;
  if (!appended) return copied;
  for (let copies = 0; copies < MAX_COPIES; copies++) {
    const left = appended.bytes - from - copied;
    if (left <= SLICE_BYTES) return copied;
    const bytes = readAt(appended, from + copied, Math.min(left, COPIED_BYTES));
    await file.appendFile(bytes);
    copied += bytes.length;
    await turn();
    signal.throwIfAborted();
  }
  throw new Error("The journal grows faster than it can be copied.");
}

function copyRest(descriptor: number, { appended }: CompactionOf, from: number): number {
  if (!appended) return 0;
  // If somebody else has replaced the file, it is not ours to replace.
  appended.assertUnchanged();
  const bytes = readAt(appended, from, appended.bytes - from);
  writeAll(descriptor, bytes);
  return bytes.length;
}

function readAt({ descriptor }: AppendedFile, position: number, bytes: number): Buffer {
  const chunk = Buffer.allocUnsafe(bytes);
  let read = 0;
  while (read < bytes) {
    const more = fs.readSync(descriptor, chunk, read, bytes - read, position + read);
    if (more === 0) throw new Error("The journal is shorter than it was.");
    read += more;
  }
  return chunk;
}
