import type { CollectionSelector } from "./structured-query.ts";

/** Where a query looks. Whether a document is in scope depends on its collection alone. */
export interface QueryScope {
  /** The path of the one collection, or null when there can be several. */
  readonly collection: string | null;
  inScope(name: string): boolean;
}

/**
 * The scope below a parent: one collection; without an id all collections right below it; with `allDescendants`
 * those at any depth that have the id, or all.
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
