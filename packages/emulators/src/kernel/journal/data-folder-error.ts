import os from "node:os";
import path from "node:path";
import { getSystemErrorMessage } from "node:util";

/** A data folder can't be used. The message is for people: it says why, and what to do. */
export abstract class DataFolderError extends Error {
  abstract readonly code: string;
}

/** A journal is damaged. The file is left as it is. */
export class BrokenJournalError extends DataFolderError {
  readonly code = "BROKEN_JOURNAL";
}

/** Another emulator uses the folder. */
export class FolderInUseError extends DataFolderError {
  readonly code = "FOLDER_IN_USE";
}

/** A file in the folder can't be read or written: the disk is full, for example. */
export class FolderNotUsableError extends DataFolderError {
  readonly code = "FOLDER_NOT_USABLE";
}

/** The error for a file that can't be used at the start. It passes on errors that don't come from the file system. */
export function notUsable(file: string, cause: unknown): unknown {
  const reason = reasonOf(cause);
  if (reason === undefined) return cause;
  const remedy = isFull(cause)
    ? `Make room in ${path.dirname(file)}`
    : `See to it that this process may write in ${path.dirname(file)}`;
  return new FolderNotUsableError(`${file} can't be used: ${reason}. ${remedy}, or use another folder: --data DIR.`, {
    cause,
  });
}

/** What the file system says went wrong. Undefined for any other error. */
export function reasonOf(error: unknown): string | undefined {
  const failure = failureOf(error);
  if (!failure) return undefined;
  if (failure.errno === EDQUOT) return "disk quota exceeded (EDQUOT)";
  return `${getSystemErrorMessage(failure.errno)} (${failure.code})`;
}

/** Whether a disk or a quota is full. */
export function isFull(error: unknown): boolean {
  const failure = failureOf(error);
  return failure?.code === "ENOSPC" || failure?.errno === EDQUOT;
}

/** Node has no name for it. */
const EDQUOT = -os.constants.errno.EDQUOT;

function failureOf(error: unknown): { readonly code: string; readonly errno: number } | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("errno" in error)) return undefined;
  const { code, errno } = error;
  return typeof code === "string" && typeof errno === "number" ? { code, errno } : undefined;
}
