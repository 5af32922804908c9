import { parentOf } from "./resource-name.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * The hierarchy of some documents' names: documents by their collection, and collections by their document.
 *
 * It includes documents that aren't among them but have one below them: Firestore lists those as missing.
 */
export class PathIndex {
  readonly #root: string;
  readonly #isDocument: (name: string) => boolean;
  readonly #documents = new Map<string, Set<string>>();
  readonly #collections = new Map<string, Set<string>>();

  /**
   * @param options.root the path above the top-level collections, `projects/P/databases/D/documents`.
   * @param options.isDocument whether a name is that of one of the documents, rather than of a missing one.
   */
  constructor({ root, isDocument }: { root: string; isDocument: (name: string) => boolean }) {
    this.#root = root;
    this.#isDocument = isDocument;
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

  /** Removes a document that is gone, and missing ones above it, if nothing is below them any more. */
  remove(name: string): void {
    if (this.#isDocument(name) || this.#collections.has(name)) return;
    const collection = parentOf(name);
    if (!removeFrom(this.#documents, collection, name)) return;
    const owner = parentOf(collection);
    removeFrom(this.#collections, owner, collection);
    if (owner !== this.#root) this.remove(owner);
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
