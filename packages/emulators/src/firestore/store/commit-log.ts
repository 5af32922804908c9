import type protobuf from "protobufjs/light.js";
import fs from "node:fs";
import path from "node:path";
import { openJournal } from "../../kernel/storage/journal.ts";
import type { StoredDocument } from "./document.ts";
import type { Change } from "./document-store.ts";
import { type Fields, type WireTimestamp, microsOf, normalizeFields, timestampOf } from "../values/value.ts";

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

/** All commits in a file, so that they survive the process. */
export interface CommitLog {
  /** The commits of earlier runs, oldest first. */
  replay(): Iterable<LoggedCommit>;
  append(commit: LoggedCommit): void;
  /** Whether the file is much larger than the present state. */
  readonly isOvergrown: boolean;
  /** Replaces all commits with others that lead to the same state. */
  compact(commits: Iterable<LoggedCommit>): void;
  close(): void;
}

/** A line of the file. Documents are protobufs in base64, which keeps int64, doubles and bytes exact. */
interface Entry {
  readonly database: string;
  readonly time: string;
  readonly cleared?: true;
  readonly written?: readonly string[];
  readonly deleted?: readonly string[];
}

/** A decoded google.firestore.v1.Document. */
interface WireDocument {
  readonly name: string;
  readonly fields?: Fields;
  readonly createTime: WireTimestamp;
  readonly updateTime: WireTimestamp;
}

const FILE_NAME = "firestore.jsonl";

/** A log is compacted once this much was appended since the last time, or as much as the state took then if that is more. */
const LEAST_GROWTH_BYTES = 16 * 1024 * 1024;

/**
 * Opens the log in a folder, which is created if it doesn't exist.
 *
 * @throws BrokenJournalError when the file can't be read.
 */
export function openCommitLog(folder: string, documentType: protobuf.Type): CommitLog {
  const journal = openJournal<Entry>(path.join(folder, FILE_NAME));
  let aliveBytes = 0;

  const encode = (document: StoredDocument): string => {
    const { name, fields, createTime, updateTime } = document;
    const message = { name, fields, createTime: timestampOf(createTime), updateTime: timestampOf(updateTime) };
    return Buffer.from(documentType.encode(message).finish()).toString("base64");
  };

  const toEntry = ({ database, time, cleared, written, deleted }: LoggedCommit): Entry => ({
    database,
    time: String(time),
    ...(cleared ? { cleared: true } : {}),
    ...(written.length > 0 ? { written: written.map(encode) } : {}),
    ...(deleted.length > 0 ? { deleted } : {}),
  });

  return {
    *replay() {
      for (const entry of journal.replay()) yield fromEntry(entry, documentType);
    },
    append: (commit) => journal.append(toEntry(commit)),
    get isOvergrown() {
      return journal.appendedBytes > Math.max(LEAST_GROWTH_BYTES, aliveBytes);
    },
    compact(commits) {
      aliveBytes = 0;
      journal.compact(
        mapped(commits, (commit) => {
          const entry = toEntry(commit);
          for (const text of entry.written ?? []) aliveBytes += text.length;
          return entry;
        }),
      );
    },
    close: () => journal.close(),
  };
}

/** Removes the log of a folder, if there is one. */
export function discardCommitLog(folder: string): void {
  fs.rmSync(path.join(folder, FILE_NAME), { force: true });
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

function fromEntry(entry: Entry, documentType: protobuf.Type): LoggedCommit {
  return {
    database: entry.database,
    time: BigInt(entry.time),
    cleared: entry.cleared === true,
    written: (entry.written ?? []).map((text) => decode(text, documentType)),
    deleted: entry.deleted ?? [],
  };
}

function decode(text: string, documentType: protobuf.Type): StoredDocument {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- protobufjs gives no static types
  const wire = documentType.decode(Buffer.from(text, "base64")) as unknown as WireDocument;
  return {
    name: wire.name,
    fields: normalizeFields(wire.fields ?? {}),
    createTime: microsOf(wire.createTime),
    updateTime: microsOf(wire.updateTime),
  };
}

function* mapped<T, U>(items: Iterable<T>, map: (item: T) => U): Generator<U> {
  for (const item of items) yield map(item);
}
