import { gzipSync } from "node:zlib";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";
import type { RawRequest } from "../../../harness/network/raw-http.ts";
import { type ValidDelivery, withHeaders } from "./harness.ts";
import { type HostileCase, refusal } from "./hostile-case.ts";

const TASK_NAME = "x-cloudtasks-taskname";
const OTHER_ID = `${"0".repeat(32)}-default`;

/** More than the worker of these tests accepts. */
const TOO_MANY_BYTES = 300_001;

type NameOf = (id: string) => string | undefined;

const NAME_CASES: readonly [input: string, name: NameOf][] = [
  ["no task name", () => undefined],
  ["an empty task name", () => ""],
  ["a task name given twice", (id) => `${id}, ${id}`],
  ["a task name of 501 characters", () => "a".repeat(501)],
  ["the task name ../x", () => "../x"],
  ["the task name a/b/c", () => "a/b/c"],
  ["the task name __x__", () => "__x__"],
  ["the task name constructor", () => "constructor"],
  ["a task name with NUL", (id) => `${id}\0`],
  ["a task name with CR", (id) => `${id}\rx`],
  ["a task name with half a surrogate pair in UTF-8", (id) => `${id}\xed\xa0\x80`],
  ["a full resource name", (id) => `projects/p/locations/l/queues/default-queue/tasks/${id}`],
  ["a task name in upper case", (id) => id.toUpperCase()],
  ["the name of another task", () => OTHER_ID],
  ["the name of a hop that the envelope doesn't have", (id) => `${id}-h2`],
];

/** Ids in the envelope and, if a header can hold them, in the task's name, too. */
const IDS = ["../x", "a/b/c", "__x__", "constructor", "a\0b", "a\r\nb", "\ud800", "", "a".repeat(501)];

const JSON_BODIES: readonly [input: string, bodyOf: (text: string) => string | Buffer][] = [
  ["no body", () => ""],
  ["truncated JSON", (text) => text.slice(0, -1)],
  ["invalid UTF-8", (text) => Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.of(0xff, 0x22, 0x7d)])],
  ["100,000 levels", () => "[".repeat(100_000) + "]".repeat(100_000)],
  ["1e400 in the payload", (text) => text.replace(/"payload":\{/, '"payload":{"n":1e400,')],
  ["__proto__ in the payload", (text) => text.replace(/"payload":\{/, '"payload":{"__proto__":{},')],
  ["half a surrogate pair", (text) => text.replace(/"payload":\{/, String.raw`"payload":{"n":"\ud800",`)],
  ["a hop that is no number", (text) => text.replace("{", '{"hop":"1",')],
  ["the envelope in a list", (text) => `[${text}]`],
];

/** Rows 11 to 13 and 15. */
export const DELIVERY_CASES: readonly HostileCase[] = [
  ...NAME_CASES.map(([input, nameOf]) =>
    refusal({
      row: 11,
      input,
      // What Node itself refuses is never authenticated; the others fetch keys for their good token.
      ...(/NUL|CR/.test(input) ? { fetches: 0 } : { fetches: 1 }),
      status: 400,
      forge: ({ request, envelope }) => withHeaders(request, { [TASK_NAME]: nameOf(envelope.id) }),
    }),
  ),
  ...IDS.map((id) =>
    refusal({
      row: 11,
      input: `the id ${JSON.stringify(id).slice(0, 20)} in the envelope`,
      status: 400,
      fetches: 1,
      forge: (valid) => withEnvelope(valid, { id }, /^[\x21-\x7e]+$/.test(id) ? { [TASK_NAME]: id } : {}),
    }),
  ),
  refusal({
    row: 12,
    input: "a path of another type than the envelope's",
    status: 400,
    fetches: 1,
    forge: ({ request }) => ({ ...request, target: "/tasks/test.other" }),
  }),
  refusal({
    row: 12,
    input: "a payload that is not the one hashed",
    status: 400,
    fetches: 1,
    forge: (valid) => withEnvelope(valid, { payload: { text: "other" } }),
  }),
  refusal({
    row: 12,
    input: "the hash of another payload",
    status: 400,
    fetches: 1,
    forge: (valid) => withEnvelope(valid, { payloadHash: hashPayload({ text: "other" }) }),
  }),
  ...["bulk-queue", "default", "DEFAULT-QUEUE", "default-queue, default-queue", "", undefined].map((queue) =>
    refusal({
      row: 13,
      input: queue === undefined ? "no queue's name" : `the queue "${queue}"`,
      status: 403,
      fetches: 1,
      forge: ({ request }) => withHeaders(request, { "x-cloudtasks-queuename": queue }),
    }),
  ),
  ...bodyCases(),
];

function bodyCases(): HostileCase[] {
  const refused = (status: number, input: string, forge: (valid: ValidDelivery) => RawRequest) =>
    refusal({ row: 15, input, status, fetches: 1, forge });
  return [
    refused(413, "a body that is announced as too large", ({ request }) =>
      withHeaders(request, { "content-length": String(TOO_MANY_BYTES) }),
    ),
    refused(413, "a body that is too large", ({ request }) => ({ ...request, body: Buffer.alloc(TOO_MANY_BYTES, 32) })),
    refused(413, "a body in chunks that is too large", ({ request }) =>
      chunked({ ...request, body: Buffer.alloc(TOO_MANY_BYTES, 32) }),
    ),
    refused(415, "gzip", ({ request }) => ({
      ...withHeaders(request, { "content-encoding": "gzip" }),
      body: gzipSync(request.body),
    })),
    refused(400, "gzip that isn't said to be", ({ request }) => ({ ...request, body: gzipSync(request.body) })),
    ...["text/plain", "application/x-www-form-urlencoded", "application/json, text/plain", undefined].map((type) =>
      refused(415, `the type ${type ?? "that isn't given"}`, ({ request }) =>
        withHeaders(request, { "content-type": type }),
      ),
    ),
    ...JSON_BODIES.map(([input, bodyOf]) =>
      refused(400, input, ({ request }) => ({ ...request, body: Buffer.from(bodyOf(request.body.toString())) })),
    ),
  ];
}

/** The valid request with an envelope that overrides some fields. */
function withEnvelope(
  { request, envelope }: ValidDelivery,
  over: Partial<Record<keyof Envelope, unknown>>,
  headers: Record<string, string> = {},
): RawRequest {
  return { ...withHeaders(request, headers), body: Buffer.from(JSON.stringify({ ...envelope, ...over })) };
}

function chunked(request: RawRequest): RawRequest {
  const { body } = request;
  const framed = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]);
  return { ...withHeaders(request, { "transfer-encoding": "chunked" }), body: framed };
}
