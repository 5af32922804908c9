import { it } from "vitest";
import { type Target, googles } from "./targets.ts";
import { retryUnknown } from "./unknown-responses.ts";

/** Registers a case of the contract for one target. */
export type Case = (title: string, run: () => Promise<void>) => void;

/** An emulator under test. Its address is known once a case runs. */
export interface Subject {
  readonly target: Target;
  readonly address: () => string;
  readonly test: Case;
}

/** Cases in which Google's emulator differs from the documented service. Each must fail on it. */
export const GOOGLES_DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ["splits a collection group into partitions that cover it once", "does not have PartitionQuery"],
  [
    "tells the client to retry when its transaction has ended",
    'says "Transaction is invalid or closed.", which the client does not retry',
  ],
  ["sends only the changes to a listener that resumes", "resets every target that resumes"],
  ["removes a once-only target as soon as it is current", "keeps reporting its changes"],
  ["finds vectors in a map", "finds none there"],
  [
    "refuses to listen to all collections, to groups below a document, and to nearest neighbours",
    "accepts such targets",
  ],
  ["accepts a commit of 8 MB", "accepts no request of more than 4 MiB"],
  [
    "rejects a commit of 12 MB with INVALID_ARGUMENT and applies nothing",
    "rejects requests of more than 4 MiB with RESOURCE_EXHAUSTED",
  ],
]);

/** Registers a case, or the check that its known difference is still there. */
export function caseFor(target: Target): Case {
  if (target !== googles) return (title, run) => register({ title, run, difference: undefined });
  return (title, run) => {
    register({ title, run: () => retryUnknown(title, run), difference: GOOGLES_DIFFERENCES.get(title) });
  };
}

/* oxlint-disable vitest/expect-expect, vitest/valid-title, vitest/no-conditional-tests -- the cases bring titles and assertions */
function register(contract: { title: string; run: () => Promise<void>; difference: string | undefined }): void {
  const { title, run, difference } = contract;
  if (difference === undefined) it(title, run);
  else it.fails(`does not hold that it ${title}: ${difference}`, run);
}
