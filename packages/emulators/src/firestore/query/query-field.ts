import type { StoredDocument } from "../store/document.ts";
import { type FieldPath, formatFieldPath, getField, NAME_PATH, parseFieldPath } from "../values/field-path.ts";
import type { FieldReference } from "./structured-query.ts";
import type { Value } from "../values/value.ts";

/** A field that a query filters or sorts by. `name` is its canonical path. */
export interface QueryField {
  readonly name: string;
  readonly path: FieldPath;
  /** Whether it is `__name__`, the document's own name. */
  readonly isKey: boolean;
  readonly valueOf: (document: StoredDocument) => Value | undefined;
}

/**
 * Parses a field reference.
 *
 * @throws RpcError INVALID_ARGUMENT for an invalid path.
 */
export function queryField(reference: FieldReference | null | undefined): QueryField {
  const path = parseFieldPath(reference?.fieldPath ?? "");
  const name = formatFieldPath(path);
  if (name === NAME_PATH)
    return { name, path, isKey: true, valueOf: (document) => ({ referenceValue: document.name }) };
  return { name, path, isKey: false, valueOf: (document) => getField(document.fields, path) };
}
