import { expect } from "vitest";
import { signToken } from "../../../harness/auth/tokens.ts";
import { KEY } from "../../../harness/auth/token-rules.ts";
import type { RawRequest } from "../../../harness/network/raw-http.ts";
import type { WorkerHarnessOptions } from "../../../harness/worker/worker-harness.ts";
import { expectUntouched, setUpTarget, type ValidDelivery, withHeaders } from "./harness.ts";
import type { WorkerRow } from "./rows.ts";

type OnTestFinished = NonNullable<WorkerHarnessOptions["onTestFinished"]>;

/** One test of a row. */
export interface HostileCase {
  readonly row: WorkerRow;
  readonly title: string;
  run(onTestFinished: OnTestFinished): Promise<void>;
}

export interface Refusal {
  readonly row: WorkerRow;
  readonly input: string;
  readonly status: number;
  /** How often keys may be fetched. Default 0. */
  readonly fetches?: number;
  readonly forge: (valid: ValidDelivery) => RawRequest;
}

/** A request that is refused, with nothing read, written or run, after which a valid one is handled. */
export function refusal({ row, input, status, fetches = 0, forge }: Refusal): HostileCase {
  return {
    row,
    title: `answers ${status} to ${input}`,
    async run(onTestFinished) {
      const target = await setUpTarget(onTestFinished);

      const answer = await target.send(forge(target.makeValid()));

      expect(answer.status).toBe(status);
      expect(target.keyServer.fetches).toBe(fetches);
      await expectUntouched(target, [answer]);
    },
  };
}

/** The valid request with another token. */
export function withToken({ request }: ValidDelivery, token: string): RawRequest {
  return withHeaders(request, { authorization: `Bearer ${token}` });
}

/** The valid request with some of its token's claims overridden; the token is well signed. */
export function withClaims(valid: ValidDelivery, over: object): RawRequest {
  return withToken(valid, signToken(KEY, { ...valid.claims, ...over }));
}
