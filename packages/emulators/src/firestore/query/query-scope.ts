import type { CollectionSelector } from "./structured-query.ts";

/** Where a query looks. It depends only on a document's collection. */
export interface QueryScope {
  /** The path of the only collection, or null if there can be several. */
  readonly collection: string | null;
  inScope(name: string): boolean;
}

/**
 * The scope below a parent: one collection, or all collections directly below it if no id is given. With
 * `allDescendants`, the collections with that id at any depth, or all of them.
 */
export function queryScope(parent: string, from: CollectionSelector = {}): QueryScope {
  const prefix = `${parent}/`;
  const id = from.collectionId ?? "";
  if (from.allDescendants) {
    return {
      collection: null,
      inScope: (name) => name.startsWith(prefix) && (id === "" || collectionIdOf(name) === id),
    };
  }
  if (id === "") {
    return {
      collection: null,
      inScope: (name) => name.startsWith(prefix) && collectionOf(name).lastIndexOf("/") < prefix.length,
    };
  }
  const collection = prefix + id;
  return { collection, inScope: (name) => name.startsWith(`${collection}/`) && collectionOf(name) === collection };
}

function collectionOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/"));
}

function collectionIdOf(name: string): string {
  const collection = collectionOf(name);
  return collection.slice(collection.lastIndexOf("/") + 1);
}
