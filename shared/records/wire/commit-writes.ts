import type { Timestamp } from "@google-cloud/firestore";
import type { WireWrite } from "./firestore-calls.ts";
import { DELETED, SERVER_TIME } from "../field-values.ts";
import { type WireValue, isMap, wireTime, wireValue } from "./wire-values.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What must be true of a document for its write to take effect. */
interface Condition {
  readonly lastUpdateTime?: Timestamp;
}

/** Collects the writes of a commit, with the semantics of a batch in Google's client. Documents have full names. */
export class CommitWrites {
  readonly writes: WireWrite[] = [];

  /** Requires that the document doesn't exist. */
  create(name: string, fields: Fields): void {
    this.writes.push({ ...written(name, fields), currentDocument: { exists: false } });
  }

  /** Replaces a document or, with `merge`, only the fields given, down into maps. */
  set(name: string, fields: Fields, { merge = false }: { readonly merge?: boolean } = {}): void {
    const updateMask = merge ? { updateMask: { fieldPaths: [...leavesOf(fields)] } } : {};
    this.writes.push({ ...written(name, fields), ...updateMask });
  }

  /** Replaces the given fields of a document that must exist. */
  update(name: string, fields: Fields, condition?: Condition): void {
    const fieldPaths = Object.keys(fields)
      .filter((field) => fields[field] !== SERVER_TIME)
      .map(pathOf);
    const currentDocument = conditionOf(condition) ?? { exists: true };
    this.writes.push({ ...written(name, fields), updateMask: { fieldPaths }, currentDocument });
  }

  delete(name: string, condition?: Condition): void {
    const currentDocument = conditionOf(condition);
    this.writes.push({ delete: name, ...(currentDocument ? { currentDocument } : {}) });
  }
}

function written(name: string, given: Fields): WireWrite {
  const fields: Record<string, WireValue> = {};
  const updateTransforms: NonNullable<WireWrite["updateTransforms"]> = [];
  for (const [field, value] of Object.entries(given)) {
    if (value === SERVER_TIME) updateTransforms.push({ fieldPath: pathOf(field), setToServerValue: "REQUEST_TIME" });
    else if (value !== DELETED) fields[field] = wireValue(value);
  }
  return { update: { name, fields }, ...(updateTransforms.length > 0 ? { updateTransforms } : {}) };
}

function conditionOf(condition: Condition | undefined): NonNullable<WireWrite["currentDocument"]> | undefined {
  const { lastUpdateTime } = condition ?? {};
  return lastUpdateTime && { updateTime: wireTime(lastUpdateTime) };
}

/** The paths of values other than maps, and of empty maps. Other fields of a stored map are kept. */
function* leavesOf(fields: Fields, above = ""): Generator<string> {
  for (const [field, value] of Object.entries(fields)) {
    if (value === SERVER_TIME) continue;
    const path = above + pathOf(field);
    if (isMap(value) && Object.keys(value).length > 0) yield* leavesOf(value, `${path}.`);
    else yield path;
  }
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z_0-9]*$/;

/**
 * A field's name as a path, quoted if it must be
 * (https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#google.firestore.v1.StructuredQuery.FieldReference).
 */
function pathOf(field: string): string {
  return PLAIN_NAME.test(field) ? field : `\`${field.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}
