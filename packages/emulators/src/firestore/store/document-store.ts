import type { StoredDocument } from "./document.ts";
import { Past } from "./past/past.ts";
import type { Retention } from "./past/retention.ts";
import { PathIndex } from "./path-index.ts";
import type { CompiledQuery } from "../query/query.ts";

/** What a commit did to one document. Null when it doesn't exist. */
export interface Change {
  readonly name: string;
  readonly before: StoredDocument | null;
  readonly after: StoredDocument | null;
}

/**
 * The documents of one database, with their past. Times are in microseconds; without one, the present is meant.
 *
 * The present is apart from the past, so that its cost doesn't depend on how often documents were changed or deleted.
 */
export class DocumentStore {
  readonly #present = new Map<string, StoredDocument>();
  readonly #paths: PathIndex;
  readonly #past: Past;

  constructor({ root, retention }: { root: string; retention: Retention }) {
    this.#paths = new PathIndex({ root, isDocument: (name) => this.#present.has(name) });
    this.#past = new Past({ root, retention });
  }

  /** The earliest time that can be read. */
  get knownSince(): bigint {
    return this.#past.knownSince;
  }

  /** A document as of a time. Null when it doesn't exist. */
  get(name: string, at?: bigint): StoredDocument | null {
    const document = this.#present.get(name);
    if (at === undefined || (document && document.updateTime <= at)) return document ?? null;
    return this.#past.get(name, at);
  }

  /** Names in a collection: those of its documents, of missing ones with something below, and of some that weren't there at that time. */
  namesIn(collection: string, at?: bigint): Iterable<string> {
    return this.#join(at, (paths) => paths.documentsIn(collection));
  }

  /** Collections directly below a document or the root, and some that had nothing in them at that time. */
  collectionsUnder(parent: string, at?: bigint): Iterable<string> {
    return this.#join(at, (paths) => paths.collectionsUnder(parent));
  }

  /** Whether a document, or anything below it, exists. */
  hasAnythingAt(name: string, at?: bigint): boolean {
    if (this.get(name, at)) return true;
    for (const collection of this.collectionsUnder(name, at)) {
      if (this.hasAnythingIn(collection, at)) return true;
    }
    return false;
  }

  /** Whether a collection contains a document, at any depth. */
  hasAnythingIn(collection: string, at?: bigint): boolean {
    for (const name of this.namesIn(collection, at)) {
      if (this.hasAnythingAt(name, at)) return true;
    }
    return false;
  }

  /** All documents in a query's scope. */
  *inScopeOf(query: CompiledQuery, at?: bigint): Generator<StoredDocument> {
    if (query.collection !== null) {
      yield* this.#existingIn(query.collection, at);
      return;
    }
    for (const collection of this.#allCollections(at)) {
      // A query's scope depends on the collection alone, so any name will do.
      if (query.inScope(`${collection}/any`)) yield* this.#existingIn(collection, at);
    }
  }

  /** All documents, while others may come: of those, it may have some. */
  all(): Iterable<StoredDocument> {
    return atMost(this.#present.values(), this.#present.size);
  }

  install(changes: readonly Change[], time: bigint): void {
    for (const { name, before, after } of changes) {
      if (before) this.#past.add(before, { by: after, until: time });
      this.#set(name, after);
    }
  }

  /** Installs changes of an earlier run, whose past nobody can read. */
  restore(changes: readonly Change[], time: bigint): void {
    for (const { name, after } of changes) this.#set(name, after);
    this.#past.clear(time);
  }

  /** Removes everything, along with its past. From this time on it can be read that there was nothing. */
  clear(time: bigint): void {
    this.#present.clear();
    this.#paths.clear();
    this.#past.clear(time);
  }

  #set(name: string, document: StoredDocument | null): void {
    if (document) {
      if (!this.#present.has(name)) this.#paths.add(name);
      this.#present.set(name, document);
    } else if (this.#present.delete(name)) {
      this.#paths.remove(name);
    }
  }

  *#existingIn(collection: string, at?: bigint): Generator<StoredDocument> {
    for (const name of this.namesIn(collection, at)) {
      const document = this.get(name, at);
      if (document) yield document;
    }
  }

  #allCollections(at?: bigint): Iterable<string> {
    return at === undefined
      ? this.#paths.allCollections()
      : union(new Set(this.#paths.allCollections()), this.#past.paths.allCollections());
  }

  #join(at: bigint | undefined, select: (paths: PathIndex) => ReadonlySet<string>): Iterable<string> {
    const present = select(this.#paths);
    return at === undefined ? present : union(present, select(this.#past.paths));
  }
}

function* union(some: ReadonlySet<string>, others: Iterable<string>): Generator<string> {
  yield* some;
  for (const other of others) if (!some.has(other)) yield other;
}

function* atMost<T>(items: Iterable<T>, most: number): Generator<T> {
  let left = most;
  if (left === 0) return;
  for (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}
