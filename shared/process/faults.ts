import { errorFields } from "../runtime/error-fields.ts";

/** An unhandled error: a promise rejected, or an exception was thrown, and nothing handled it. */
export interface Fault {
  readonly kind: "unhandled-rejection" | "uncaught-exception";
  /** What was thrown, which can be any value. */
  readonly error: unknown;
  /** The promise that rejected. */
  readonly promise?: Promise<unknown>;
}

/** The message of a fault's log line. */
export const FAULT_MESSAGE: Readonly<Record<Fault["kind"], string>> = {
  "unhandled-rejection": "a promise rejected and nothing handled it",
  "uncaught-exception": "an exception was thrown and nothing caught it",
};

/**
 * Calls back for each fault of this process, which would otherwise end it. The callback runs in the fault's own async
 * context.
 */
export function watchFaults(callback: (fault: Fault) => void): void {
  process.on("unhandledRejection", (error, promise) => callback({ kind: "unhandled-rejection", error, promise }));
  process.on("uncaughtException", (error: unknown) => callback({ kind: "uncaught-exception", error }));
}

/** The parts of a fault that may be logged. */
export function faultFields({ kind, error }: Fault): object {
  return { fault: kind, ...errorFields(error) };
}
