import { Fifo } from "../../../kernel/fifo.ts";
import type { StoredDocument } from "../document.ts";
import { PathIndex } from "../path-index.ts";
import type { Keeper, PastVersion, Retention } from "./retention.ts";
import { versionBytes } from "./version-size.ts";

/**
 * What V8 takes for a name with past versions, besides the versions: about 500 bytes as measured. It counts twice, because
 * when a table of names is full, V8 builds a new one in a single step: of fewer names, that takes a few milliseconds.
 */
const NAME_BYTES = 1_024;

/** The past of one database: the versions of its documents that were replaced or deleted. Times are in microseconds. */
export class Past implements Keeper {
  /** The names of documents that have past versions. */
  readonly paths: PathIndex;
  /** Oldest first. */
  readonly #versions = new Map<string, Fifo<PastVersion>>();
  readonly #retention: Retention;
  #knownSince = 0n;

  constructor({ root, retention }: { root: string; retention: Retention }) {
    this.paths = new PathIndex({ root, isDocument: (name) => this.#versions.has(name) });
    this.#retention = retention;
  }

  /** The earliest time of which nothing is forgotten. */
  get knownSince(): bigint {
    return this.#knownSince;
  }

  /** The version that was there at a time, if it is a past one. Null when there was none. */
  get(name: string, at: bigint): StoredDocument | null {
    const version = this.#versions.get(name)?.findLast(({ document }) => document.updateTime <= at);
    return version && at < version.until ? version.document : null;
  }

  /** Keeps a version that was just replaced. `by` is null when it was deleted. */
  add(document: StoredDocument, { by, until }: { by: StoredDocument | null; until: bigint }): void {
    const version = { document, until, bytes: versionBytes(document, by), keeper: this };
    this.#of(document.name).push(version);
    this.#retention.add(version);
  }

  /** Whether this is its oldest version of a document. It isn't when the past was cleared since. */
  holds(version: PastVersion): boolean {
    return this.#versions.get(version.document.name)?.peek() === version;
  }

  /** Forgets the oldest of all versions, if it holds it. */
  forget(version: PastVersion): void {
    if (!this.holds(version)) return;
    const { name } = version.document;
    const versions = this.#of(name);
    versions.shift();
    this.#knownSince = version.until;
    if (versions.size > 0) return;
    this.#versions.delete(name);
    this.paths.remove(name);
    this.#retention.count(-NAME_BYTES);
  }

  /** Forgets everything before a time. */
  clear(knownSince: bigint): void {
    this.#knownSince = knownSince;
    this.#retention.count(-NAME_BYTES * this.#versions.size);
    this.#versions.clear();
    this.paths.clear();
  }

  #of(name: string): Fifo<PastVersion> {
    const known = this.#versions.get(name);
    if (known) return known;
    const versions = new Fifo<PastVersion>();
    this.#versions.set(name, versions);
    this.paths.add(name);
    this.#retention.count(NAME_BYTES);
    return versions;
  }
}
