import path from "node:path";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { isFull, reasonOf } from "./data-folder-error.ts";

/** A change couldn't be stored, so it wasn't made. A caller of the emulator gets it as the status of the call. */
export class NotStoredError extends RpcError {}

/**
 * The error for a write that failed. A full disk is RESOURCE_EXHAUSTED, as in
 * https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto, and anything else UNAVAILABLE. Google's
 * clients and the worker try again after either.
 */
export function notStored(file: string, cause: unknown): NotStoredError {
  const reason = reasonOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  const text = `The emulator can't write to ${file}: ${reason}. Nothing was changed.`;
  if (!isFull(cause)) return new NotStoredError(RpcCode.UNAVAILABLE, text);
  return new NotStoredError(RpcCode.RESOURCE_EXHAUSTED, `${text} Make room in ${path.dirname(file)}, and try again.`);
}

/** The error for a change that comes after the end. */
export const closedFile = (): NotStoredError => new NotStoredError(RpcCode.UNAVAILABLE, "The emulator is stopping.");

/** The error for a file that is no longer as this process left it. Nothing can be stored until a restart. */
export function lostFile(file: string): NotStoredError {
  const text = `${file} was changed, replaced or deleted by another program. Nothing is stored any more; restart the emulator.`;
  return new NotStoredError(RpcCode.INTERNAL, text);
}
