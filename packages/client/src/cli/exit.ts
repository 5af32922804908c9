import { HandoffError, UnreachableError } from "../errors.ts";
import { textOf } from "../../../../shared/process/thrown.ts";
import { ConfigError } from "../../../../shared/runtime/config-error.ts";
import { DeadlineError } from "../../../../shared/runtime/deadline.ts";

/** The exit codes of commands. `interrupted` is what shells expect after Ctrl-C. */
export const EXIT = { done: 0, refused: 1, usage: 2, notReached: 3, interrupted: 130 } as const;

/** The command couldn't do what was requested. The message says why, and what to do. */
export class RefusedError extends Error {
  readonly code = "REFUSED";
}

/** The command line is incomplete or invalid. */
export class UsageError extends Error {
  readonly code = "USAGE";
}

/** Nobody reads the command's output any more, as after `| head`. */
export class UnreadError extends Error {
  readonly code = "UNREAD";
}

/** Why a command that changes things didn't finish. Without a reader, one that only shows things is done; this isn't. */
export function whyUnfinished(error: unknown, { signal }: { readonly signal: AbortSignal }): unknown {
  if (!(signal.reason instanceof UnreadError)) return error;
  return new RefusedError("Nobody reads the output any more, so the command has stopped. Repeat it to continue.");
}

/** How a command that threw ends: its exit code, and one or two sentences, or none if the error was reported. */
export interface Ending {
  readonly exitCode: number;
  readonly message: string;
}

/** @param error what the command threw. */
export function endingOf(error: unknown): Ending {
  if (error instanceof UsageError || error instanceof ConfigError) {
    return { exitCode: EXIT.usage, message: error.message };
  }
  if (error instanceof RefusedError) return { exitCode: EXIT.refused, message: error.message };
  if (error instanceof HandoffError) return { exitCode: EXIT.refused, message: explain(error) };
  if (error instanceof UnreachableError) {
    const asked = "Is that its address, and is it running? --url or HANDOFF_URL sets the address.";
    const message = [error.message, asked, ...whyUnreached(error)].join(" ");
    return { exitCode: EXIT.notReached, message };
  }
  return { exitCode: EXIT.refused, message: `The command failed: ${textOf(error)}` };
}

/** Why there was no response: a timeout, ECONNREFUSED, or for example an untrusted certificate. */
function whyUnreached({ cause, waitedMs }: UnreachableError): string[] {
  if (cause instanceof DeadlineError) return [`The command gave up after ${Math.round(waitedMs / 1_000)} s.`];
  for (let error = cause; error instanceof Error; error = error.cause) {
    if ("code" in error && typeof error.code === "string") return [`The last error was ${error.code}.`];
  }
  return [];
}

/** The producer's own sentences. */
function explain({ problem, message }: HandoffError): string {
  if (!problem) return `${message} Is it the producer's address?`;
  const all = (problem.problems ?? []).map(({ path, message: what }) => `\n  ${path} ${what}`);
  return `${problem.detail ?? problem.title}${all.join("")}`;
}
