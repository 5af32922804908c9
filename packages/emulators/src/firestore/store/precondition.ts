import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "./document.ts";
import { type WireTimestamp, exactMicrosOf } from "../values/value.ts";

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

/**
 * Parses a precondition.
 *
 * @throws RpcError INVALID_ARGUMENT for an update time that is finer than microseconds, or before 1970.
 */
export function parsePrecondition(wire: WirePrecondition | null | undefined): Precondition {
  if (!wire) return { kind: "none" };
  if (wire.updateTime) return { kind: "unchanged", updateTime: updateTimeOf(wire.updateTime) };
  if (!Object.hasOwn(wire, "exists")) return { kind: "none" };
  return { kind: wire.exists === true ? "exists" : "missing" };
}

function updateTimeOf(time: WireTimestamp): bigint {
  const micros = exactMicrosOf(time);
  if (micros >= 0n) return micros;
  throw new RpcError(RpcCode.INVALID_ARGUMENT, "Only timestamps past epoch are supported.");
}

/**
 * Checks a write's precondition against the document that it would change.
 *
 * @throws RpcError NOT_FOUND, ALREADY_EXISTS or FAILED_PRECONDITION when it doesn't hold, and INVALID_ARGUMENT for a time
 * after the document's last update, which no read can have returned.
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
      if (document && precondition.updateTime > stored) {
        throw new RpcError(
          RpcCode.INVALID_ARGUMENT,
          `Invalid base version, it is greater than the stored version: ${name}`,
        );
      }
      throw new RpcError(
        RpcCode.FAILED_PRECONDITION,
        `the stored version (${stored}) does not match the required base version (${precondition.updateTime})`,
      );
    }
  }
}
