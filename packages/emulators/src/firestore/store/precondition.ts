import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "./document.ts";
import { type WireTimestamp, microsOf } from "../values/value.ts";

/** A decoded google.firestore.v1.Precondition. */
export interface WirePrecondition {
  readonly exists?: boolean;
  readonly updateTime?: WireTimestamp | null;
}

/** What must be true of a document for a write to apply. Times are in microseconds. */
export type Precondition =
  | { readonly kind: "none" }
  | { readonly kind: "exists" }
  | { readonly kind: "missing" }
  | { readonly kind: "unchanged"; readonly updateTime: bigint };

export function parsePrecondition(wire: WirePrecondition | null | undefined): Precondition {
  if (!wire) return { kind: "none" };
  if (wire.updateTime) return { kind: "unchanged", updateTime: microsOf(wire.updateTime) };
  if (!Object.hasOwn(wire, "exists")) return { kind: "none" };
  return { kind: wire.exists === true ? "exists" : "missing" };
}

/**
 * Checks a write's precondition against the document that it would change.
 *
 * @throws RpcError NOT_FOUND, ALREADY_EXISTS or FAILED_PRECONDITION when it doesn't hold.
 */
export function checkPrecondition(precondition: Precondition, document: StoredDocument | null, name: string): void {
  switch (precondition.kind) {
    case "none":
      return;
    case "exists":
      if (!document) throw new RpcError(RpcCode.NOT_FOUND, `No document to update: ${name}`);
      return;
    case "missing":
      if (document) throw new RpcError(RpcCode.ALREADY_EXISTS, `Document already exists: ${name}`);
      return;
    case "unchanged": {
      const stored = document?.updateTime ?? 0n;
      if (stored === precondition.updateTime) return;
      throw new RpcError(
        RpcCode.FAILED_PRECONDITION,
        `the stored version (${stored}) does not match the required base version (${precondition.updateTime})`,
      );
    }
  }
}
