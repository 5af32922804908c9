import type { StoredDocument } from "./document.ts";
import { PathIndex } from "./path-index.ts";
import type { CompiledQuery } from "../query/query.ts";

/** What a commit did to one document. Null when it doesn't exist. */
export interface Change {
  readonly name: string;
  readonly before: StoredDocument | null;
  readonly after: StoredDocument | null;
}

interface Version {
  readonly time: bigint;
  readonly document: StoredDocument | null;
}

/** The documents of one database, with the versions that reads of the past need. Times are in microseconds. */
export class DocumentStore {
  readonly paths: PathIndex;
  readonly #versions = new Map<string, Version[]>();
  /** Names whose older versions can be dropped once the horizon has passed the time, oldest first. */
  #superseded: { name: string; time: bigint }[] = [];

  constructor(root: string) {
    this.paths = new PathIndex(root);
  }

  /** How many versions only reads of the past can see. */
  get pastVersions(): number {
    return this.#superseded.length;
  }

  /** A document as of a time, by default now. Null when it doesn't exist. */
  get(name: string, at?: bigint): StoredDocument | null {
    const versions = this.#versions.get(name);
    if (!versions) return null;
    if (at === undefined) return versions.at(-1)?.document ?? null;
    return versions.findLast((version) => version.time <= at)?.document ?? null;
  }

  /** Whether a document, or anything below it, exists. */
  hasAnythingAt(name: string, at?: bigint): boolean {
    if (this.get(name, at)) return true;
    for (const collection of this.paths.collectionsUnder(name)) {
      if (this.hasAnythingIn(collection, at)) return true;
    }
    return false;
  }

  /** Whether a collection contains a document, at any depth. */
  hasAnythingIn(collection: string, at?: bigint): boolean {
    for (const name of this.paths.documentsIn(collection)) {
      if (this.hasAnythingAt(name, at)) return true;
    }
    return false;
  }

  /** All documents in a query's scope. */
  *inScopeOf(query: CompiledQuery, at?: bigint): Generator<StoredDocument> {
    if (query.collection !== null) {
      yield* this.#existing(this.paths.documentsIn(query.collection), at);
      return;
    }
    for (const collection of this.paths.allCollections()) {
      // A query's scope depends on the collection alone, so any name will do.
      if (query.inScope(`${collection}/any`)) yield* this.#existing(this.paths.documentsIn(collection), at);
    }
  }

  /** All documents, while others may come: of those, it may have some. */
  all(): Iterable<StoredDocument> {
    return this.#existing(atMost(this.#versions.keys(), this.#versions.size));
  }

  install(changes: readonly Change[], time: bigint): void {
    for (const { name, before, after } of changes) {
      const versions = this.#versions.get(name);
      if (versions) {
        versions.push({ time, document: after });
      } else {
        this.#versions.set(name, [{ time, document: after }]);
        this.paths.add(name);
      }
      if (before || !after) this.#superseded.push({ name, time });
    }
  }

  /** Drops the versions that no read at `horizon` or later can see. */
  forgetBefore(horizon: bigint): void {
    const kept = this.#superseded.findIndex((entry) => entry.time > horizon);
    const due = this.#superseded.splice(0, kept === -1 ? this.#superseded.length : kept);
    for (const { name } of due) this.#dropVersions(name, horizon);
  }

  clear(): void {
    this.#versions.clear();
    this.#superseded = [];
    this.paths.clear();
  }

  *#existing(names: Iterable<string>, at?: bigint): Generator<StoredDocument> {
    for (const name of names) {
      const document = this.get(name, at);
      if (document) yield document;
    }
  }

  #dropVersions(name: string, horizon: bigint): void {
    const versions = this.#versions.get(name);
    if (!versions) return;
    const visible = versions.findLastIndex((version) => version.time <= horizon);
    if (visible > 0) versions.splice(0, visible);
    const [only] = versions;
    if (versions.length > 1 || !only || only.document || only.time > horizon) return;
    this.#versions.delete(name);
    this.#forgetName(name);
  }

  #forgetName(name: string): void {
    if (this.#versions.has(name) || this.paths.collectionsUnder(name).size > 0) return;
    const above = this.paths.remove(name);
    if (above !== null) this.#forgetName(above);
  }
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
