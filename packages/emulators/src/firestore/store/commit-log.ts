import type protobuf from "protobufjs/light.js";
import path from "node:path";
import type { EmulatorLog } from "../../kernel/emulator-log.ts";
import { openJournal, readJournalFile } from "../../kernel/journal/journal.ts";
import type { StoredDocument } from "./document.ts";
import type { Change } from "./document-store.ts";
import { type DocumentText, documentText } from "./document-text.ts";

/** A change to one database. Times are in microseconds. */
export interface LoggedCommit {
  /** The database's path, `projects/P/databases/D`. */
  readonly database: string;
  readonly time: bigint;
  /** Whether everything was removed first. */
  readonly cleared: boolean;
  readonly written: readonly StoredDocument[];
  readonly deleted: readonly string[];
}

/** A database in a snapshot of all. */
export interface DatabaseSnapshot {
  readonly database: string;
  readonly documents: Iterable<StoredDocument>;
}

/** What a log needs of the databases. */
export interface CommitLogOptions {
  /** Where the log is. It is created if it doesn't exist. */
  readonly folder: string;
  /** google.firestore.v1.Document */
  readonly documentType: protobuf.Type;
  /** Whether to discard the commits of earlier runs. Default false. */
  readonly fresh?: boolean;
  /** Whether to keep every commit. Default: from time to time only the latest version of each document is. */
  readonly keepAll?: boolean;
  /** Applies a commit of an earlier run. Called with all of them, oldest first. */
  readonly restore: (commit: LoggedCommit) => void;
  /** The present state. Documents are read while there are more commits, and those are logged. */
  readonly snapshot: () => { readonly time: bigint; readonly databases: readonly DatabaseSnapshot[] };
  readonly log?: EmulatorLog;
}

/** All commits in a file, so that they survive the process. */
export interface CommitLog {
  /** @throws NotStoredError when the commit can't be stored; then it must not be applied. */
  append(commit: LoggedCommit): void;
  close(): Promise<void>;
}

/** A line of the file, with documents as text. */
interface Entry {
  readonly database: string;
  readonly time: string;
  readonly cleared?: true;
  readonly written?: readonly string[];
  readonly deleted?: readonly string[];
}

const FILE_NAME = "firestore.jsonl";

/** A line of a snapshot has about as many documents as fit into this. */
const LINE_CHARACTERS = 64 * 1024;

/**
 * Opens the log in a folder, and restores the commits in it.
 *
 * @throws DataFolderError when the folder can't be used.
 */
export async function openCommitLog(options: CommitLogOptions): Promise<CommitLog> {
  const { folder, documentType, fresh = false, keepAll = false, restore, snapshot, log } = options;
  const text = documentText(documentType);
  const journal = await openJournal<Entry>({
    path: path.join(folder, FILE_NAME),
    fresh,
    keepAll,
    restore: (entry) => restore(fromEntry(entry, text)),
    snapshot: () => entriesOf(snapshot(), text),
    ...(log ? { log } : {}),
  });
  return {
    append: (commit) => journal.append(toEntry(commit, text)),
    close: () => journal.close(),
  };
}

/**
 * Hands over the commits in a folder's log, oldest first, without changing anything there.
 *
 * @throws BrokenJournalError when the log is damaged.
 */
export async function readCommitLog({
  folder,
  documentType,
  restore,
}: Pick<CommitLogOptions, "folder" | "documentType" | "restore">): Promise<void> {
  const text = documentText(documentType);
  await readJournalFile<Entry>({
    path: path.join(folder, FILE_NAME),
    restore: (entry) => restore(fromEntry(entry, text)),
  });
}

function toEntry({ database, time, cleared, written, deleted }: LoggedCommit, text: DocumentText): Entry {
  return {
    database,
    time: String(time),
    ...(cleared ? { cleared: true } : {}),
    ...(written.length > 0 ? { written: written.map((document) => text.of(document)) } : {}),
    ...(deleted.length > 0 ? { deleted } : {}),
  };
}

/** Each database has at least one line, which keeps the time. */
function* entriesOf(
  { time, databases }: ReturnType<CommitLogOptions["snapshot"]>,
  text: DocumentText,
): Generator<Entry> {
  for (const { database, documents } of databases) {
    let written: string[] = [];
    let characters = 0;
    for (const document of documents) {
      const encoded = text.of(document);
      written.push(encoded);
      characters += encoded.length;
      if (characters < LINE_CHARACTERS) continue;
      yield { database, time: String(time), written };
      written = [];
      characters = 0;
    }
    yield { database, time: String(time), ...(written.length > 0 ? { written } : {}) };
  }
}

/** A commit in the form of the log. */
export function loggedCommit(database: string, changes: readonly Change[], time: bigint): LoggedCommit {
  return {
    database,
    time,
    cleared: false,
    written: changes.flatMap(({ after }) => after ?? []),
    deleted: changes.flatMap(({ name, after }) => (after ? [] : name)),
  };
}

function fromEntry(entry: Entry, text: DocumentText): LoggedCommit {
  return {
    database: entry.database,
    time: BigInt(entry.time),
    cleared: entry.cleared === true,
    written: (entry.written ?? []).map((encoded) => text.read(encoded)),
    deleted: entry.deleted ?? [],
  };
}
