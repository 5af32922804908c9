import { expect, it } from "vitest";
import * as z from "zod";
import { anyJson } from "../../../../shared/contract/any-json.ts";
import { httpUrl } from "../../../../shared/contract/http-url.ts";
import { defineRegistry } from "../../../../shared/contract/registry.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { validatorOf } from "../../../harness/openapi/json-schema.ts";
import { MAX_PAYLOAD_BYTES, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const common = { queue: "default", timeoutMs: 1_000, attempts: 1 } as const;

const registry = defineRegistry({
  queues: TEST_QUEUES,
  taskTypes: [
    defineTask({
      ...common,
      type: "call",
      payload: z.strictObject({ url: httpUrl.max(40), data: anyJson.optional() }),
    }),
    defineTask({ ...common, type: "count", payload: z.object({ n: z.int().min(1).default(1) }).default({ n: 1 }) }),
    defineTask({
      ...common,
      type: "move",
      payload: z
        .strictObject({ from: z.string().max(3), to: z.string().regex(/^[a-z]+$/i) })
        .refine(({ from, to }) => from !== to, { path: ["to"], error: "must be another account than from" }),
    }),
  ],
});

const call = (url: string) => ({ type: "call", payload: { url } });
const COUNT = { type: "count", payload: {} };
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

async function setUp() {
  const producer = await setUpProducer({ registry });
  const { text } = await producer.send("/openapi.json");
  const document: { paths: Record<string, { post: { requestBody: { description: string } } }> } = JSON.parse(text);
  return {
    text,
    bodyRules: document.paths["/v1/tasks"]?.post.requestBody.description,
    isAllowed: validatorOf(document, "/components/schemas/NewTask"),
    accepts: async (body: string) => (await producer.post(body)).status === 202,
  };
}

it("allows in its schema only the bodies that it accepts", async () => {
  const { isAllowed, accepts } = await setUp();
  const urls = [
    "https://example.com",
    "HTTP://example.com/?a=@",
    " http://[::1]:8080 ",
    "http://exämple.com",
    "ftp://example.com",
    "mailto:a@b.example",
    "/hook",
    "",
    "http://",
    `http://${"a".repeat(40)}`,
    "http://u@example.com",
    "http://:p@example.com",
    "http://example.com:0",
  ];
  const bodies: readonly unknown[] = [
    null,
    [],
    "call",
    7,
    {},
    { type: "call" },
    { payload: {} },
    { type: "constructor", payload: {} },
    ...urls.map((url) => call(url)),
    { type: "call", payload: { url: "https://example.com", data: [{ any: null }] } },
    { type: "call", payload: { url: "https://example.com", more: 1 } },
    { type: "count" },
    COUNT,
    { type: "count", payload: { n: 1.5 } },
    { type: "count", payload: { n: 0 } },
    { type: "count", payload: { n: 2, unknown: true } },
    { type: "move", payload: { from: "a", to: "B" } },
    { type: "move", payload: { from: "😀😀😀", to: "a" } },
    { type: "move", payload: { from: "four", to: "a" } },
    { ...COUNT, delaySeconds: 0 },
    { ...COUNT, delaySeconds: 315_532_800 },
    { ...COUNT, delaySeconds: 315_532_801 },
    { ...COUNT, delaySeconds: -1 },
    { ...COUNT, delaySeconds: "5" },
    { ...COUNT, delaySeconds: null },
    { ...COUNT, scheduleTime: inMs(60_000) },
    { ...COUNT, scheduleTime: inMs(60_000).replace("Z", "+00:00") },
    { ...COUNT, scheduleTime: inMs(60_000).replace("Z", "") },
    { ...COUNT, scheduleTime: "tomorrow" },
    { ...COUNT, delaySeconds: 5, scheduleTime: inMs(60_000) },
    { ...COUNT, url: "https://example.com" },
  ];
  for (const body of bodies) {
    expect([body, isAllowed(body)]).toEqual([body, await accepts(JSON.stringify(body))]);
  }
});

it("describes in words what else it refuses", async () => {
  const { text, bodyRules, isAllowed, accepts } = await setUp();
  const json = JSON.stringify;
  const withData = (data: string) => `{"type":"call","payload":{"url":"https://example.com","data":${data}}}`;
  const inDocument: readonly [body: string, words: string][] = [
    [json({ ...COUNT, scheduleTime: inMs(-120_000) }), "at most a minute in the past"],
    [json({ ...COUNT, scheduleTime: inMs(3_653 * 86_400_000) }), "at most 3,652 days (ten years) ahead"],
    [json({ type: "move", payload: { from: "a", to: "a" } }), "Rule: to must be another account than from."],
    [json({ type: "move", payload: { from: "a", to: "7" } }), "It must match /^[a-z]+$/i."],
    [json(call("http://a..example.com")), "Rule: must have a host that is an address, or a name in labels of 1 to 63"],
    [json(call("http://224.0.0.1")), "Rule: must have a host that is an address, or a name in labels of 1 to 63"],
  ];
  const ofBodies: readonly [body: string, words: string][] = [
    [withData("9007199254740993"), "Only numbers that a double holds unchanged."],
    [withData("1e400"), "Only numbers that a double holds unchanged."],
    [withData("[".repeat(63) + "]".repeat(63)), "At most 64 levels"],
    [withData(String.raw`"\ud800"`), "no unpaired surrogates"],
    [withData('{"a":1,"a":1}'), "No duplicate names in an object"],
    [withData('{"__proto__":1}'), "no name __proto__"],
    [withData(json("x".repeat(MAX_PAYLOAD_BYTES))), `the payload has at most ${MAX_PAYLOAD_BYTES} when it is written`],
    [withData(json("x".repeat(2 * MAX_PAYLOAD_BYTES))), `At most ${2 * MAX_PAYLOAD_BYTES} bytes`],
  ];
  for (const [, words] of inDocument) expect(text).toContain(words);
  for (const [, words] of ofBodies) expect(bodyRules).toContain(words);
  for (const [body] of [...inDocument, ...ofBodies]) {
    expect([body, isAllowed(JSON.parse(body)), await accepts(body)]).toEqual([body, true, false]);
  }
});
