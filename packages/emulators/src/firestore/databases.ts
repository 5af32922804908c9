import type { Clock } from "../kernel/clock.ts";
import { RpcCode, RpcError } from "../rpc/rpc-error.ts";
import { type CommitLog, type DatabaseSnapshot, type LoggedCommit, loggedCommit } from "./store/commit-log.ts";
import { CommitTimes } from "./store/commit-times.ts";
import type { ConcurrencyMode } from "./transactions/concurrency.ts";
import { Database } from "./database.ts";
import { Retention } from "./store/past/retention.ts";
import { databaseOf } from "./store/resource-name.ts";

/** All databases of all projects. Each is created when it is first named. */
export class Databases {
  readonly #clock: Clock;
  readonly #times: CommitTimes;
  readonly #retention = new Retention();
  readonly #concurrency: ConcurrencyMode;
  readonly #databases = new Map<string, Database>();
  #log: CommitLog | null = null;

  constructor(clock: Clock, concurrency: ConcurrencyMode) {
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#times = new CommitTimes(clock);
  }

  /** Applies a commit of an earlier run. */
  restore({ database: path, time, cleared, written, deleted }: LoggedCommit): void {
    const database = this.#at(path);
    if (cleared) database.clear(time);
    const { documents } = database;
    database.restore(
      [
        ...written.map((after) => ({ name: after.name, before: documents.get(after.name), after })),
        ...deleted.map((name) => ({ name, before: documents.get(name), after: null })),
      ],
      time,
    );
  }

  /** Logs every commit from now on. */
  keepIn(log: CommitLog): void {
    this.#log = log;
  }

  /**
   * The documents of each database, and a time after all that were handed out. While they are read, commits may change
   * them: those come after them in the log, and may be in them already.
   */
  snapshot(): { readonly time: bigint; readonly databases: readonly DatabaseSnapshot[] } {
    const databases = [...this.#databases].map(([database, { documents }]) => ({
      database,
      documents: documents.all(),
    }));
    return { time: this.#times.forRead(), databases };
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

  /**
   * Removes the documents of the databases that `isSelected` accepts by their paths, `projects/P/databases/D`.
   *
   * @throws NotStoredError when that couldn't be stored for one of them. It and the rest are then as they were.
   */
  clear(isSelected: (path: string) => boolean): void {
    for (const [path, database] of this.#databases) {
      if (!isSelected(path)) continue;
      const time = this.#times.forCommit();
      this.#log?.append({ database: path, time, cleared: true, written: [], deleted: [] });
      database.clear(time);
    }
  }

  /** Fails the calls that wait for locks or listen. */
  failWaiting(): void {
    for (const database of this.#databases.values()) database.failWaiting();
  }

  close(): void {
    for (const database of this.#databases.values()) database.close();
  }

  #at(path: string): Database {
    const known = this.#databases.get(path);
    if (known) return known;
    const database = new Database({
      root: `${path}/documents`,
      clock: this.#clock,
      times: this.#times,
      concurrency: this.#concurrency,
      retention: this.#retention,
      record: (changes, time) => this.#log?.append(loggedCommit(path, changes, time)),
    });
    this.#databases.set(path, database);
    return database;
  }
}
