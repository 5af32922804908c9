import { errorFields } from "../runtime/error-fields.ts";

/** An error that nothing handled: a promise rejected, or an exception was thrown, where nobody waited for it. */
export interface Fault {
  readonly kind: "unhandled-rejection" | "uncaught-exception";
  /** What was thrown: anything at all. */
  readonly error: unknown;
  /** The promise that rejected. */
  readonly promise?: Promise<unknown>;
}

/** What a fault's log line says. */
export const FAULT_MESSAGE: Readonly<Record<Fault["kind"], string>> = {
  "unhandled-rejection": "a promise rejected and nothing handled it",
  "uncaught-exception": "an exception was thrown and nothing caught it",
};

/**
 * Calls back for each fault of this process, which otherwise would end it. The callback runs in the fault's own async
 * context.
 */
export function watchFaults(callback: (fault: Fault) => void): void {
  process.on("unhandledRejection", (error, promise) => callback({ kind: "unhandled-rejection", error, promise }));
  process.on("uncaughtException", (error: unknown) => callback({ kind: "uncaught-exception", error }));
}

/** What may be logged of a fault. */
export function faultFields({ kind, error }: Fault): object {
  return { fault: kind, ...errorFields(error) };
}
