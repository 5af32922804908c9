import { randomInt } from "node:crypto";
import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { type Send, checkApi } from "../../../harness/openapi/check-api.ts";
import type { ApiDocument } from "../../../harness/openapi/document.ts";
import type { Defect } from "../../../harness/openapi/requests.ts";
import { DESCRIBED_REGISTRY } from "../../../harness/registry/described-registry.ts";
import { letterOf, writeLetters } from "../../../harness/producer/letters.ts";
import { type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

/** For each operation. Every run has another seed, so they add up. */
const AMOUNTS = { right: 12, wrong: 5 };

async function setUp() {
  const producer = await setUpProducer({
    registry: DESCRIBED_REGISTRY,
    throughput: { read: async () => new Map() },
  });
  await writeEnded(producer);
  const send: Send = async (path, init) => {
    const response = await fetch(`${producer.url}${path}`, init);
    const { status, headers } = response;
    return { status, headers, text: await response.text() };
  };
  const { text } = await send("/openapi.json", {});
  return { text, send };
}

/** Tasks that have ended, with all that a worker may note of them, and their letters. */
async function writeEnded(producer: ProducerHarness): Promise<void> {
  const startedAt = Timestamp.now();
  const ended = { attempt: 1, hop: 0, startedAt, endedAt: startedAt, outcome: "threw", code: "THREW", message: "no" };
  const attemptLog = [{ ...ended, stack: "at a", instance: "i", nextAt: startedAt, nextRule: "backoff" }];
  const count = { type: "count", payload: { n: 1 } };
  const letters = Array.from({ length: 12 }, (_, index) => {
    const id = `${index.toString(16).repeat(32)}-bulk`;
    const replayed = index % 4 === 3 ? { status: "replayed", replayedAs: id, replayedAt: startedAt, replays: 1 } : {};
    return [id, letterOf(id, { attemptLog, queue: "bulk", ...replayed }, count)] as const;
  });
  await writeLetters(producer, letters);
  for (const [index, [id]] of letters.entries()) {
    const state = index % 2 === 0 ? "dead" : "succeeded";
    await producer.writeRecord(id, { state, queue: "bulk", type: "count", attemptLog });
  }
}

it("does with requests made from its description what the description says", async () => {
  const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
  process.stdout.write(`Requests from the API's description: SEED=${seed}\n`);
  const { text, send } = await setUp();

  expect(await checkApi(JSON.parse(text), { send, seed, amounts: AMOUNTS })).toEqual([]);
});

/** Changes of the description that make it untrue, and what has to be found: with which requests, and what. */
const UNTRUE: readonly (readonly [defect: Defect, found: string, from: string, to: string])[] = [
  ["none", "responds 202, which isn't described", '"202":', '"299":'],
  ["none", "with a body off its schema", '"id":{"type":"string"', '"id":{"type":"integer"'],
  ["none", "with a body off its schema", '"links":{"type":"object"', '"likns":{"type":"object"'],
  ["body", "accepts what the schema forbids", '["type","payload"]', '["type","payload","delaySeconds"]'],
  ["none", "refuses what the schema allows", '"additionalProperties":false', '"additionalProperties":true'],
  ["header", "accepts what the schema forbids", '"pattern":"^[\\\\x21-\\\\x7e]+$"', '"pattern":"^0$"'],
];

it("is found out if it does something else", async () => {
  const { text, send } = await setUp();
  const checkTasks = async (described: string, defect: Defect, sendSo = send): Promise<string[]> => {
    const document: ApiDocument = JSON.parse(described);
    const paths = { "/v1/tasks": document.paths["/v1/tasks"] ?? {} };
    const amounts = { right: 20, wrong: 25 };
    return await checkApi(
      { ...document, paths },
      { send: sendSo, seed: 1, amounts, shrinks: false, defects: [defect] },
    );
  };

  for (const [defect, found, from, to] of UNTRUE) {
    const untrue = text.replaceAll(from, to);
    expect(untrue).not.toBe(text);
    expect((await checkTasks(untrue, defect)).join("\n")).toMatch(new RegExp(`createTask, ${defect}: .*${found}`));
  }
  const withoutAllow: Send = async (path, init) => {
    const response = await send(path, init);
    const headers = new Headers(response.headers);
    headers.delete("allow");
    return { ...response, headers };
  };
  expect((await checkTasks(text, "header", withoutAllow)).join("\n")).toContain(
    "PUT /v1/tasks, which has POST: has the header Allow: ,",
  );
});
