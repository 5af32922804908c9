import { status } from "@grpc/grpc-js";

/** How often a case is tried on Google's emulator before its response stands. */
const MAX_TRIES = 3;

let retried = 0;

/**
 * Google's emulator sometimes responds `2 UNKNOWN` to a call that it otherwise accepts. It is the second opinion, so its
 * own faults must not fail our tests: the case runs again, counted and printed. This is never used for our emulator.
 */
export async function retryUnknown(title: string, run: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries === MAX_TRIES || !saysUnknown(error)) throw error;
      retried += 1;
      process.stdout.write(
        `Google's emulator responded UNKNOWN in "${title}": running it again (${retried} so far).\n`,
      );
    }
  }
}

/** The error may be the client's, or that of an assertion that expected another code. */
function saysUnknown(error: unknown): boolean {
  return hasUnknownCode(error) || (error instanceof Error && "actual" in error && hasUnknownCode(error.actual));
}

function hasUnknownCode(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === status.UNKNOWN;
}
