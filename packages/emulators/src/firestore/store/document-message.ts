import type { StoredDocument } from "./document.ts";
import { type FieldPath, parseFieldPath, projectFields } from "../values/field-path.ts";
import { type Fields, type WireTimestamp, timestampOf } from "../values/value.ts";

/** A google.firestore.v1.Document to encode. */
export interface DocumentMessage {
  readonly name: string;
  readonly fields: Fields;
  readonly createTime: WireTimestamp;
  readonly updateTime: WireTimestamp;
}

/** A document as a reply has it, reduced to the mask if there is one. */
export function documentMessage(document: StoredDocument, mask: readonly FieldPath[] | null = null): DocumentMessage {
  return {
    name: document.name,
    fields: mask ? projectFields(document.fields, mask) : document.fields,
    createTime: timestampOf(document.createTime),
    updateTime: timestampOf(document.updateTime),
  };
}

/** The paths of a google.firestore.v1.DocumentMask. Null when there is none. */
export function parseMask(
  mask: { readonly fieldPaths?: readonly string[] } | null | undefined,
): readonly FieldPath[] | null {
  return mask ? (mask.fieldPaths ?? []).map(parseFieldPath) : null;
}
