import { parentOf } from "./resource-name.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * The hierarchy of names: documents by their collection, and collections by their document.
 *
 * It includes documents that don't exist but have something below them: Firestore lists them as missing.
 */
export class PathIndex {
  readonly #root: string;
  readonly #documents = new Map<string, Set<string>>();
  readonly #collections = new Map<string, Set<string>>();

  /** @param root the path above the top-level collections, `projects/P/databases/D/documents`. */
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

  /** Removes a name with nothing below it. If its parent document has nothing else below it, returns that document. */
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

/** Returns whether the key is new. */
function addTo(sets: Map<string, Set<string>>, key: string, member: string): boolean {
  const known = sets.get(key);
  if (known) known.add(member);
  else sets.set(key, new Set([member]));
  return !known;
}

/** Returns whether the key is gone. */
function removeFrom(sets: Map<string, Set<string>>, key: string, member: string): boolean {
  const members = sets.get(key);
  members?.delete(member);
  if (!members || members.size > 0) return false;
  sets.delete(key);
  return true;
}
