import { expect } from "vitest";
import * as z from "zod";
import { bindHandler, succeeded, type RunContext } from "../../../services/worker/runner/handler.ts";
import { parseDelivery } from "../../../services/worker/parse-delivery.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { deployTestQueues } from "../registry/test-queues.ts";
import { detachedWorker } from "./detached-worker.ts";

export const ID = "0123456789abcdef0123456789abcdef-default";
export const MAX_BYTES = 2_000;

/** A task as it arrives, written out in full. The hash is that of {"n":1}. */
export const BODY = {
  id: ID,
  type: "test.count",
  payload: { n: 1 },
  payloadHash: "2bfd14f43d17fc7cea24e0917a8879b4b2f880b8baeec1b9d90fbaad655e71bd",
  enqueuedAt: "2026-01-02T03:04:05.000Z",
};
const HEADERS = {
  "content-type": "application/json",
  "x-cloudtasks-queuename": "default-queue",
  "x-cloudtasks-taskname": ID,
  "x-cloudtasks-taskretrycount": "0",
};

/** A worker's rules with one handler, which records the payloads that it prepared and ran. */
function setUpParsing() {
  const taskType = defineTask({
    type: "test.count",
    payload: z.strictObject({ n: z.int().max(9) }),
    queue: "default",
    timeoutMs: 12_000,
    attempts: 7,
  });
  const prepared: unknown[] = [];
  const ran: unknown[] = [];
  const bound = bindHandler(taskType, async (payload) => {
    ran.push(payload);
    return succeeded("counted");
  });
  const handler = {
    ...bound,
    prepare: (payload: unknown) => {
      prepared.push(payload);
      return bound.prepare(payload);
    },
  };
  const rules = {
    handlers: new Map([["test.count", handler]]),
    queues: deployTestQueues(
      (key) => `${key}-queue`,
      (key) => `${key}-queue-2`,
    ),
    maxBodyBytes: MAX_BYTES,
    deadLetterRetentionMs: 1,
  };
  const slot = { turn: () => Promise.resolve(), release: () => undefined };
  return { prepared, ran, parse: (request: Request) => parseDelivery(request, rules, slot) };
}

type Bytes = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

type Over = {
  path?: string;
  headers?: Readonly<Record<string, string | undefined>>;
  body?: object;
  bytes?: Bytes;
};

/** The usual request with a test's overrides; a header set to undefined is left out. */
export function requestOf({ path = "/tasks/test.count", headers = {}, body = {}, bytes }: Over = {}): Request {
  const all = Object.entries({ ...HEADERS, ...headers }).filter(
    (header): header is [string, string] => header[1] !== undefined,
  );
  return new Request(`http://worker.example.com${path}`, {
    method: "POST",
    headers: all,
    body: bytes ?? JSON.stringify({ ...BODY, ...body }),
    duplex: "half",
  });
}

/** The outcome with which a request is refused. Asserts that nothing was prepared, let alone run. */
export async function refusalOf(request: Request) {
  const { parse, prepared, ran } = setUpParsing();
  const parsed = await parse(request);
  expect([prepared, ran]).toEqual([[], []]);
  return parsed.refused ? parsed.outcome : "accepted";
}

/** The accepted delivery of a request, and how it ends. */
export async function deliveryOf(request: Request) {
  const { parse, ran } = setUpParsing();
  const delivery = await parse(request);
  if (delivery.refused) throw new Error(`Refused: ${JSON.stringify(delivery.outcome)}`);
  if (delivery.kind === "unrunnable") return { delivery, end: delivery.end, ran };
  const { clock, log } = detachedWorker();
  const signal = new AbortController().signal;
  const isCancelled = () => Promise.resolve(false);
  const context: RunContext = {
    signal,
    isCancelled,
    idempotencyKey: ID,
    attempt: 1,
    enqueuedAt: BODY.enqueuedAt,
    clock,
    log,
  };
  return { delivery, end: await delivery.run(context), ran };
}
