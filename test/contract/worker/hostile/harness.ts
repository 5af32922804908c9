import { expect } from "vitest";
import * as z from "zod";
import { bindHandler, succeeded } from "../../../../services/worker/runner/handler.ts";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { bytesOf, exchange, type RawAnswer, type RawRequest } from "../../../harness/network/raw-http.ts";
import { CANARY, secretsOf } from "../../../harness/auth/secrets.ts";
import { AUDIENCE, INVOKER } from "../../../harness/auth/token-rules.ts";
import { identityClaims } from "../../../harness/auth/tokens.ts";
import { sealTask, setUpWorker, type WorkerHarnessOptions } from "../../../harness/worker/worker-harness.ts";

export const targetType = defineTask({
  type: "test.target",
  payload: z.strictObject({ text: z.string() }),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
});

/** What hostile requests are made from, all of it valid. */
export interface ValidDelivery {
  readonly request: RawRequest;
  readonly envelope: Envelope;
  readonly token: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly nowS: number;
}

/** A worker whose one handler counts its runs, and a valid delivery for it. */
export async function setUpTarget(onTestFinished: NonNullable<WorkerHarnessOptions["onTestFinished"]>) {
  let runs = 0;
  const handler = bindHandler(targetType, async () => {
    runs++;
    return succeeded();
  });
  const worker = await setUpWorker(() => [handler], { onTestFinished });
  const makeValid = (): ValidDelivery => {
    const envelope = sealTask(targetType, { text: CANARY });
    const nowMs = worker.clock.now();
    const claims = identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs });
    const headers = Object.entries({ host: "worker.example.com", connection: "close", ...worker.headersOf(envelope) });
    const request = {
      method: "POST",
      target: `/tasks/${envelope.type}`,
      headers,
      body: Buffer.from(JSON.stringify(envelope)),
    };
    return { request, envelope, token: worker.token, claims, nowS: Math.floor(nowMs / 1_000) };
  };
  return {
    ...worker,
    makeValid,
    runs: () => runs,
    send: (request: RawRequest) => exchange(worker.port, bytesOf(withLength(request))),
    sendBytes: (bytes: Uint8Array) => exchange(worker.port, bytes),
  };
}

export type Target = Awaited<ReturnType<typeof setUpTarget>>;

/** Nothing was read, written, run or reported as our error; no secret leaked, and the worker still works. */
export async function expectUntouched(target: Target, answers: readonly RawAnswer[]): Promise<void> {
  expect(target.callsSince()).toEqual({});
  expect(target.runs()).toBe(0);
  expectNoSecrets(target, answers);
  expect((await target.send(target.makeValid().request)).status).toBe(200);
  expect(target.runs()).toBe(1);
  expect(target.logged.filter((line) => line.includes('"severity":"ERROR"'))).toEqual([]);
}

/** Neither the token nor its parts, the signing key nor the payload appear in a response or in the log. */
export function expectNoSecrets(target: Target, answers: readonly RawAnswer[]): void {
  const said = answers.map(({ text }) => text).join("\n") + target.logged.join("");
  for (const secret of secretsOf(target.token)) expect(said).not.toContain(secret);
}

/** Overrides a request's headers; undefined removes one. */
export function withHeaders(request: RawRequest, over: Readonly<Record<string, string | undefined>>): RawRequest {
  const kept = request.headers.filter(([name]) => !Object.hasOwn(over, name));
  const added = Object.entries(over).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return { ...request, headers: [...kept, ...added] };
}

function withLength(request: RawRequest): RawRequest {
  const framed = request.headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  return framed ? request : withHeaders(request, { "content-length": String(request.body.length) });
}
