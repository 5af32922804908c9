import { describe, expect, it } from "vitest";
import { type ApiDocument, type Schema, operationsOf, resolve, step } from "../../../harness/openapi/document.ts";
import { problemsBy } from "../../../harness/openapi/json-schema.ts";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { DESCRIBED_REGISTRY } from "../../../harness/registry/described-registry.ts";

async function setUp() {
  const producer = await setUpProducer({ registry: DESCRIBED_REGISTRY });
  const document: ApiDocument = JSON.parse((await producer.send("/openapi.json")).text);
  return { document, operations: operationsOf(document), problemsAt: problemsBy(document) };
}

/** The JSON that operations take and respond, by where it is in the document. */
function contentsOf({ operations }: Pick<Awaited<ReturnType<typeof setUp>>, "operations">) {
  return operations.flatMap(({ at, operationId, requestBody, responses }) => {
    const bodies = [[`${at}/requestBody`, requestBody?.content] as const];
    const successes = Object.entries(responses).filter(([status]) => status.startsWith("2"));
    const all = [
      ...bodies,
      ...successes.map(([status, { content }]) => [`${at}/responses/${status}`, content] as const),
    ];
    return all.flatMap(([place, content]) => {
      const json = content?.["application/json"];
      return json ? [{ operationId, json, at: `${place}/content/${step("application/json")}/schema` }] : [];
    });
  });
}

describe("each operation in the OpenAPI document", () => {
  it("has an id of its own, one of the explained tags, and a summary", async () => {
    const { document, operations } = await setUp();
    const explained = new Set(document.tags.map(({ name }) => name));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).toHaveLength(new Set(ids).size);
    for (const { operationId, tags, summary } of operations) {
      expect([operationId, tags.length, explained.has(String(tags[0])), summary !== ""]).toEqual([
        operationId,
        1,
        true,
        true,
      ]);
    }
  });

  it("has an example of its request and its response that match the schema", async () => {
    const { document, operations, problemsAt } = await setUp();
    const exampleOf = ({ $ref, example, properties }: Schema): unknown => {
      if ($ref !== undefined) return exampleOf(resolve(document, $ref));
      const items = properties?.["items"]?.items;
      return example ?? (items ? { items: [exampleOf(items)] } : undefined);
    };
    const contents = contentsOf({ operations });
    expect(contents.length).toBeGreaterThan(25);
    for (const { operationId, json, at } of contents) {
      const example = json.example ?? exampleOf(json.schema);
      expect([operationId, at, example !== undefined]).toEqual([operationId, at, true]);
      expect([operationId, at, problemsAt(at)(example)]).toEqual([operationId, at, ""]);
    }
  });

  it("has named schemas for requests and responses", async () => {
    const { operations } = await setUp();
    const nameless = contentsOf({ operations }).filter(({ json }) => json.schema.$ref === undefined);
    expect(nameless.map(({ operationId }) => operationId)).toEqual([]);
  });
});
