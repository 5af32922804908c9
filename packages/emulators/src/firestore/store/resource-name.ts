import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";

const DATABASE = /^projects\/[^/]+\/databases\/[^/]+/;
const RESERVED_ID = /^__.+__$/s;

/** Numeric ids from the time of Datastore, the only reserved ids that documents can have. */
const NUMERIC_ID = /^__id(-?[1-9]\d*)__$/;

/** Limits of names: https://cloud.google.com/firestore/quotas#collections_documents_and_fields */
const MAX_ID_BYTES = 1_500;
const MAX_NAME_BYTES = 6 * 1024;
const MAX_DEPTH_IN_COLLECTIONS = 100;

/**
 * The database in a resource name, `projects/P/databases/D`.
 *
 * @throws RpcError INVALID_ARGUMENT when the name doesn't start with one.
 */
export function databaseOf(resourceName: string): string {
  const match = DATABASE.exec(resourceName);
  if (!match) throw new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid resource name "${resourceName}".`);
  return match[0];
}

/** The parent of a document or a collection. */
export function parentOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/"));
}

/** The last id in the name of a document or a collection. */
export function lastIdOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/**
 * Checks a document's name: it must be below `root` (`projects/P/databases/D/documents`) and have an even number of ids,
 * none of them reserved or too long.
 *
 * @throws RpcError INVALID_ARGUMENT.
 */
export function checkDocumentName(name: string, root: string): void {
  const ids = idsBelow(name, root);
  if (!ids || ids.length % 2 === 1) {
    throw new RpcError(RpcCode.INVALID_ARGUMENT, `Document name "${name}" lacks a valid document path.`);
  }
  checkIds(ids, name);
}

/**
 * Checks the parent of a list or a query: the root itself, or a document's name.
 *
 * @throws RpcError INVALID_ARGUMENT.
 */
export function checkParent(parent: string, root: string): void {
  if (parent !== root) checkDocumentName(parent, root);
}

/**
 * Checks the id of a collection.
 *
 * @throws RpcError INVALID_ARGUMENT.
 */
export function checkCollectionId(id: string): void {
  if (id === "" || id.includes("/")) throw new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid collection id "${id}".`);
  checkIds([id], id);
}

/**
 * Checks a reference value: the name of a document in any database.
 *
 * @throws RpcError INVALID_ARGUMENT.
 */
export function checkReference(name: string): void {
  checkDocumentName(name, `${databaseOf(name)}/documents`);
}

function idsBelow(name: string, root: string): string[] | null {
  if (!name.startsWith(`${root}/`)) return null;
  const ids = name.slice(root.length + 1).split("/");
  return ids.includes("") ? null : ids;
}

function checkIds(ids: readonly string[], name: string): void {
  if (ids.length > 2 * MAX_DEPTH_IN_COLLECTIONS || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new RpcError(RpcCode.INVALID_ARGUMENT, "The document name is too long or too deep.");
  }
  for (const [index, id] of ids.entries()) {
    const isDocument = index % 2 === 1;
    if (id === "." || id === ".." || (RESERVED_ID.test(id) && !(isDocument && isNumericId(id)))) {
      throw new RpcError(RpcCode.INVALID_ARGUMENT, `Resource id "${id}" is invalid because it is reserved.`);
    }
    if (Buffer.byteLength(id) > MAX_ID_BYTES) {
      throw new RpcError(RpcCode.INVALID_ARGUMENT, `The key path element name is longer than ${MAX_ID_BYTES} bytes.`);
    }
  }
}

function isNumericId(id: string): boolean {
  const number = NUMERIC_ID.exec(id)?.[1];
  return number !== undefined && BigInt.asIntN(64, BigInt(number)) === BigInt(number);
}
