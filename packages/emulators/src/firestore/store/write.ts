import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { checkWrittenFields } from "./document-limits.ts";
import { type FieldPath, formatFieldPath, parseFieldPath, projectFields } from "../values/field-path.ts";
import { type FieldTransform, type WireFieldTransform, parseFieldTransform } from "./field-transform.ts";
import { type Precondition, type WirePrecondition, parsePrecondition } from "./precondition.ts";
import { type Fields } from "../values/value.ts";
import { readFields } from "../values/value-intake.ts";

/** A decoded google.firestore.v1.Write. Exactly one of update, delete and transform is an own member. */
export interface WireWrite {
  readonly update?: { readonly name?: string; readonly fields?: Fields } | null;
  readonly delete?: string;
  readonly transform?: { readonly document?: string; readonly fieldTransforms?: readonly WireFieldTransform[] } | null;
  readonly updateMask?: { readonly fieldPaths?: readonly string[] } | null;
  readonly updateTransforms?: readonly WireFieldTransform[];
  readonly currentDocument?: WirePrecondition | null;
}

/** What happens to the document before its transforms. A merge changes only the fields in its mask. */
export type Operation =
  | { readonly kind: "delete" }
  | { readonly kind: "replace"; readonly fields: Fields }
  | { readonly kind: "merge"; readonly fields: Fields; readonly mask: readonly FieldPath[] };

export interface Write {
  readonly name: string;
  readonly operation: Operation;
  readonly precondition: Precondition;
  readonly transforms: readonly FieldTransform[];
}

/** The limit for one document in one commit: https://cloud.google.com/firestore/quotas#writes_and_transactions */
const MAX_TRANSFORMS = 500;

/**
 * Parses a write.
 *
 * @throws RpcError INVALID_ARGUMENT for an unknown operation, or a malformed path or transform.
 */
export function parseWrite(wire: WireWrite): Write {
  const precondition = parsePrecondition(wire.currentDocument);
  const transforms = [...(wire.updateTransforms ?? []), ...(wire.transform?.fieldTransforms ?? [])];
  if (transforms.length > MAX_TRANSFORMS) {
    throw invalid(`A document can have at most ${MAX_TRANSFORMS} field transforms.`);
  }
  const parsed = transforms.map(parseFieldTransform);
  checkApart(parsed);
  return { ...parseOperation(wire), precondition, transforms: parsed };
}

/** A field may be transformed twice, but not together with one below it. */
function checkApart(transforms: readonly FieldTransform[]): void {
  const paths = new Set(transforms.map(({ path }) => formatFieldPath(path)));
  for (const { path } of transforms) {
    for (let depth = 1; depth < path.length; depth++) {
      const above = formatFieldPath(path.slice(0, depth));
      if (paths.has(above)) throw invalid(`Cannot transform "${above}" and a field below it at the same time.`);
    }
  }
}

function parseOperation(wire: WireWrite): { name: string; operation: Operation } {
  if (wire.update) {
    const fields = readFields(wire.update.fields ?? {});
    const mask = wire.updateMask?.fieldPaths?.map(parseFieldPath) ?? (wire.updateMask ? [] : null);
    checkWrittenFields(mask ? projectFields(fields, mask) : fields);
    const operation: Operation = mask ? { kind: "merge", fields, mask } : { kind: "replace", fields };
    return { name: wire.update.name ?? "", operation };
  }
  // See https://firebase.google.com/docs/firestore/reference/rpc/google.firestore.v1#write
  const additions = (wire.updateMask ? 1 : 0) + (wire.updateTransforms?.length ?? 0);
  if (additions > 0) throw invalid("Only an update can have a mask or transforms.");
  if (wire.transform) {
    if ((wire.transform.fieldTransforms ?? []).length === 0) throw invalid("A transform has no fields.");
    return { name: wire.transform.document ?? "", operation: { kind: "merge", fields: {}, mask: [] } };
  }
  if (Object.hasOwn(wire, "delete")) return { name: wire.delete ?? "", operation: { kind: "delete" } };
  throw invalid("A write has neither an update nor a delete.");
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
