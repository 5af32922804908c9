import { status } from "@grpc/grpc-js";
import { expect } from "vitest";
import type { Subject } from "./case.ts";
import { type Request, setupTwo } from "./wire-requests.ts";

/** A request that is refused with a status, by default INVALID_ARGUMENT, in these words. */
export type Refused = readonly [what: string, words: RegExp, request: Request, code?: status];

/** Registers a case for each request, which must be refused in the service's words. */
export function refusalCases({ address, test }: Subject, refused: readonly Refused[]): void {
  for (const [what, words, make, code = status.INVALID_ARGUMENT] of refused) {
    test(`refuses ${what} in the service's words`, async () => {
      const wire = await setupTwo(address());
      const result = await wire.call(...make(wire));
      expect(result).toMatchObject({ code, message: expect.stringMatching(words) });
    });
  }
}
