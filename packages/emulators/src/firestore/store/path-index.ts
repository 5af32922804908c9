import { parentOf } from "./resource-name.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * Which names lie below which: documents by collection, and collections by the document that holds them.
 *
 * A document that doesn't exist but has something below it is known here too: Firestore lists it as missing.
 */
export class PathIndex {
  readonly #root: string;
  readonly #documents = new Map<string, Set<string>>();
  readonly #collections = new Map<string, Set<string>>();

  /** `root` is the path above the top-level collections, `projects/P/databases/D/documents`. */
  constructor(root: string) {
    this.#root = root;
  }

  documentsIn(collection: string): ReadonlySet<string> {
    return this.#documents.get(collection) ?? NONE;
  }

  /** The collections directly below a document, or below the root. */
  collectionsUnder(parent: string): ReadonlySet<string> {
    return this.#collections.get(parent) ?? NONE;
  }

  allCollections(): Iterable<string> {
    return this.#documents.keys();
  }

  add(name: string): void {
    const collection = parentOf(name);
    if (!addTo(this.#documents, collection, name)) return;
    const owner = parentOf(collection);
    addTo(this.#collections, owner, collection);
    if (owner !== this.#root) this.add(owner);
  }

  /** Forgets a name that has nothing below it, and answers the document above it when that was its last name. */
  remove(name: string): string | null {
    const collection = parentOf(name);
    if (!removeFrom(this.#documents, collection, name)) return null;
    const owner = parentOf(collection);
    removeFrom(this.#collections, owner, collection);
    return owner === this.#root ? null : owner;
  }

  clear(): void {
    this.#documents.clear();
    this.#collections.clear();
  }
}

/** Answers whether the key is new. */
function addTo(sets: Map<string, Set<string>>, key: string, member: string): boolean {
  const known = sets.get(key);
  if (known) known.add(member);
  else sets.set(key, new Set([member]));
  return !known;
}

/** Answers whether the key is gone. */
function removeFrom(sets: Map<string, Set<string>>, key: string, member: string): boolean {
  const members = sets.get(key);
  members?.delete(member);
  if (!members || members.size > 0) return false;
  sets.delete(key);
  return true;
}
