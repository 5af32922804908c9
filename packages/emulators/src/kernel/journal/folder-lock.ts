import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type sqlite from "node:sqlite";
import { FolderInUseError, FolderNotUsableError } from "./data-folder-error.ts";

export interface FolderLock {
  release(): void;
}

/** Two that start at the same time can get in each other's way, and a process that was just killed takes a moment to end. */
const MAX_TRIES = 10;
const TRY_AGAIN_MS = 100;

/** https://sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

/**
 * Takes the exclusive lock of a journal, on a file beside it. It excludes all other processes on this machine, whatever
 * their containers, and other emulators in this one.
 *
 * It is a lock of the operating system, which ends with the process: none is ever left behind, and nobody takes one over
 * from a process that is only slow or suspended. Node can't take such a lock, but the SQLite in it does, for a database:
 * here one that stays empty (https://sqlite.org/lockingv3.html). Between machines it holds as far as the network's file
 * system passes on locks, as NFS does.
 *
 * @throws FolderInUseError when another emulator holds it, FolderNotUsableError when there can be no lock.
 */
export async function lockJournal(journal: string): Promise<FolderLock> {
  const { dir, name } = path.parse(journal);
  const note = path.join(dir, `${name}.owner`);
  for (let tries = 1; ; tries++) {
    const database = tryLock(path.join(dir, `${name}.lock`));
    if (database) {
      leaveNote(note);
      return {
        release() {
          fs.rmSync(note, { force: true });
          database.close();
        },
      };
    }
    if (tries === MAX_TRIES) throw new FolderInUseError(inUse(journal, note));
    await wait(TRY_AGAIN_MS * (0.5 + Math.random()));
  }
}

function tryLock(file: string): sqlite.DatabaseSync | null {
  let database: sqlite.DatabaseSync | undefined;
  try {
    const { DatabaseSync } = loadSqlite();
    database = new DatabaseSync(file);
    // In memory: otherwise it would create a file for its own journal, which needs room on the disk.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return null;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FolderNotUsableError(
      `${file} can't be locked: ${reason}. See to it that this process may write there, or use another folder: --data DIR.`,
      { cause: error },
    );
  }
}

/** Loaded only by those who store something. Node 22 warns that it is experimental, which need not worry anybody here. */
function loadSqlite(): typeof sqlite {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Says who holds the lock, for people. It decides nothing, so it needn't be there, or be right. */
function leaveNote(note: string): void {
  try {
    fs.writeFileSync(note, `process ${process.pid} on ${os.hostname()}`);
  } catch {
    // No room, for example.
  }
}

function inUse(journal: string, note: string): string {
  const owner = readNote(note) ?? "another process";
  return `${journal} is in use by ${owner}. Stop that emulator, or use another folder: --data DIR.`;
}

const MAX_NOTE_CHARACTERS = 200;

function readNote(note: string): string | undefined {
  try {
    return fs.readFileSync(note, "utf8").slice(0, MAX_NOTE_CHARACTERS).trim() || undefined;
  } catch {
    return undefined;
  }
}
