import { isError, propertyOf } from "../process/thrown.ts";

/** Firestore returned an error or didn't respond in time. The write may still have taken effect. */
export class RecordStoreError extends Error {
  readonly code = "RECORD_STORE";
  /** The gRPC status that Firestore responded with; undefined if it didn't respond in time. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Whether an error is from Firestore's client: it has a gRPC status. A DOMException's code is something else. */
export function isFirestoreError(error: unknown): error is Error & { code: number } {
  if (!isError(error) || error instanceof DOMException) return false;
  return typeof propertyOf(error, "code") === "number";
}
