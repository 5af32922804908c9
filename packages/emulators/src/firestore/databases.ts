import type { Clock } from "../kernel/clock.ts";
import { RpcCode, RpcError } from "../rpc/rpc-error.ts";
import { type CommitLog, type LoggedCommit, loggedCommit } from "./store/commit-log.ts";
import { CommitTimes } from "./store/commit-times.ts";
import type { ConcurrencyMode } from "./transactions/concurrency.ts";
import { Database } from "./database.ts";
import type { StoredDocument } from "./store/document.ts";
import { databaseOf } from "./store/resource-name.ts";

/** How many documents a line of a compacted log has. */
const DOCUMENTS_A_LINE = 100;

/** All databases of all projects. Each is created when it is first named. */
export class Databases {
  readonly #clock: Clock;
  readonly #times: CommitTimes;
  readonly #concurrency: ConcurrencyMode;
  readonly #databases = new Map<string, Database>();
  #log: CommitLog | null = null;

  constructor(clock: Clock, concurrency: ConcurrencyMode) {
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#times = new CommitTimes(clock);
  }

  /** Restores what a log holds, and logs every commit from now on. */
  keepIn(log: CommitLog): void {
    for (const commit of log.replay()) this.#restore(commit);
    this.#log = log;
    this.#compactLog();
  }

  /**
   * The database that a resource name belongs to.
   *
   * @throws RpcError INVALID_ARGUMENT when it doesn't name one.
   */
  of(resourceName: string): Database {
    return this.#at(databaseOf(resourceName));
  }

  /**
   * The database with exactly this name, `projects/P/databases/D`.
   *
   * @throws RpcError INVALID_ARGUMENT when it is the name of something else.
   */
  named(name: string): Database {
    const path = databaseOf(name);
    if (path === name) return this.#at(path);
    throw new RpcError(RpcCode.INVALID_ARGUMENT, `Database name "${name}" has extra characters.`);
  }

  /** Removes the documents of the databases that `isSelected` accepts by their paths, `projects/P/databases/D`. */
  clear(isSelected: (path: string) => boolean): void {
    for (const [path, database] of this.#databases) {
      if (!isSelected(path)) continue;
      database.clear();
      this.#log?.append({ database: path, time: this.#times.forCommit(), cleared: true, written: [], deleted: [] });
    }
  }

  /** Fails the calls that wait for locks or listen. */
  failWaiting(): void {
    for (const database of this.#databases.values()) database.failWaiting();
  }

  close(): void {
    for (const database of this.#databases.values()) database.close();
    this.#log?.close();
  }

  /** Reduces the log to the present state. */
  #compactLog(): void {
    this.#log?.compact(this.#everything());
  }

  #at(path: string): Database {
    const known = this.#databases.get(path);
    if (known) return known;
    const database = new Database({
      root: `${path}/documents`,
      clock: this.#clock,
      times: this.#times,
      concurrency: this.#concurrency,
      record: (changes, time) => this.#log?.append(loggedCommit(path, changes, time)),
      applied: () => {
        if (this.#log?.isOvergrown) this.#compactLog();
      },
    });
    this.#databases.set(path, database);
    return database;
  }

  #restore({ database: path, time, cleared, written, deleted }: LoggedCommit): void {
    const database = this.#at(path);
    if (cleared) database.clear();
    const { documents } = database;
    database.restore(
      [
        ...written.map((after) => ({ name: after.name, before: documents.get(after.name), after })),
        ...deleted.map((name) => ({ name, before: documents.get(name), after: null })),
      ],
      time,
    );
  }

  /** Commits that lead to the present state, and to a time after all that were handed out. */
  *#everything(): Generator<LoggedCommit> {
    const time = this.#times.forRead();
    for (const [database, { documents }] of this.#databases) {
      for (const written of inGroups(documents.all(), DOCUMENTS_A_LINE)) {
        yield { database, time, cleared: false, written, deleted: [] };
      }
    }
  }
}

function* inGroups(documents: Iterable<StoredDocument>, size: number): Generator<StoredDocument[]> {
  let group: StoredDocument[] = [];
  for (const document of documents) {
    group.push(document);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  yield group;
}
