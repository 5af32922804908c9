import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "./document.ts";
import { checkDocument } from "./document-limits.ts";
import type { Change } from "./document-store.ts";
import { identicalFields } from "../values/equality.ts";
import { getField, putAtPath } from "../values/field-path.ts";
import { transformField } from "./field-transform.ts";
import { checkPrecondition } from "./precondition.ts";
import type { Fields, Value } from "../values/value.ts";
import type { Write } from "./write.ts";

/** The result of a write: the document after it, null after a delete. */
export interface WriteResult {
  readonly document: StoredDocument | null;
  readonly transformResults: readonly Value[];
}

/** What a commit would do. Nothing has changed yet. */
export interface Staged {
  readonly changes: readonly Change[];
  readonly results: readonly WriteResult[];
}

/** Limit of a request: https://cloud.google.com/firestore/quotas#writes_and_transactions */
const MAX_COMMIT_BYTES = 10 * 1024 * 1024;

/**
 * Works out a commit without applying it. Several writes to one document apply in order.
 *
 * @throws RpcError when a precondition doesn't hold, or a document or the commit is too large.
 */
export function stageWrites(
  writes: readonly Write[],
  { read, commitTime }: { read: (name: string) => StoredDocument | null; commitTime: bigint },
): Staged {
  const changes = new Map<string, Change>();
  const results: WriteResult[] = [];
  let bytes = 0;

  for (const write of writes) {
    const { name } = write;
    const earlier = changes.get(name) ?? unchanged(name, read(name));
    checkPrecondition(write.precondition, earlier.after, name);

    const applied = applyWrite(write, earlier.after, commitTime);
    changes.set(name, { ...earlier, after: applied.document });
    results.push(applied);
    bytes += applied.document ? checkDocument(applied.document) : 0;
  }

  if (bytes > MAX_COMMIT_BYTES) {
    throw new RpcError(RpcCode.INVALID_ARGUMENT, "Transaction too big. Decrease transaction size.");
  }
  return { changes: [...changes.values()].filter(({ before, after }) => before !== after), results };
}

const unchanged = (name: string, document: StoredDocument | null): Change => ({
  name,
  before: document,
  after: document,
});

function applyWrite(
  { name, operation, transforms }: Write,
  current: StoredDocument | null,
  commitTime: bigint,
): WriteResult {
  if (operation.kind === "delete") return { document: null, transformResults: [] };
  // One copy for all changes.
  const fields: Record<string, Value> = { ...(operation.kind === "merge" ? current?.fields : operation.fields) };
  const mask = operation.kind === "merge" ? operation.mask : [];
  for (const path of mask) putAtPath(fields, path, getField(operation.fields, path));
  const transformResults: Value[] = [];
  for (const transform of transforms) {
    const { value, result } = transformField(transform, getField(fields, transform.path), commitTime);
    putAtPath(fields, transform.path, value);
    transformResults.push(result);
  }
  return { document: nextVersion(current, { name, fields, commitTime }), transformResults };
}

/** A write that changes nothing keeps the update time. */
function nextVersion(
  current: StoredDocument | null,
  { name, fields, commitTime }: { name: string; fields: Fields; commitTime: bigint },
): StoredDocument {
  if (current && identicalFields(current.fields, fields)) return current;
  if (!current) return { name, fields, createTime: commitTime, updateTime: commitTime };
  // The stored name, so that a document's versions share one.
  return { name: current.name, fields, createTime: current.createTime, updateTime: commitTime };
}
