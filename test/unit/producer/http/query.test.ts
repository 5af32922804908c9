import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  cursorParameter,
  limitParameter,
  queryParameters,
  readQuery,
} from "../../../../services/producer/http/query.ts";

const schema = z.object({
  limit: limitParameter({ most: 100, byDefault: 50 }),
  cursor: cursorParameter,
  status: z.enum(["open", "replayed"]).default("open").describe("Which letters."),
  from: z.iso.datetime({ offset: true }).optional(),
});

const app = new Hono().get("/", (context) => context.json(readQuery(context, schema)));
const read = async (query: string): Promise<unknown> => (await app.request(`/?${query}`)).json();

describe("a request's query", () => {
  it("is read with its schema and the schema's defaults", async () => {
    expect(await read("")).toEqual({ kind: "read", query: { limit: 50, status: "open" } });
    expect(await read("limit=100&status=replayed&cursor=a&from=2030-01-31T08:00:00%2B01:00")).toEqual({
      kind: "read",
      query: { limit: 100, status: "replayed", cursor: "a", from: "2030-01-31T08:00:00+01:00" },
    });
  });

  it.each([
    ["stauts=open", [{ path: "stauts", message: "is not a known query parameter: leave it out" }]],
    ["__proto__=1", [{ path: "__proto__", message: "is not a known query parameter: leave it out" }]],
    ["constructor=1", [{ path: "constructor", message: "is not a known query parameter: leave it out" }]],
    ["status=open&status=open", [{ path: "status", message: "is given more than once: give it once" }]],
    [
      "limit=0&from=soon&more=",
      [{ path: "more" }, { path: "limit", message: "must be a whole number from 1 to 100" }, { path: "from" }],
    ],
  ])("is refused as a whole if it is ?%s, with everything that is wrong", async (query, problems) => {
    expect(await read(query)).toMatchObject({ kind: "invalid", problems });
  });

  it.each(["", "0", "101", "-1", "1.5", "1e1", "0x10", " 5", "ten", "99999999999"])(
    "takes no limit of '%s'",
    async (limit) => {
      const answer = await read(new URLSearchParams({ limit }).toString());
      expect(answer).toMatchObject({ kind: "invalid", problems: [{ path: "limit" }] });
    },
  );
});

it("describes parameters by the type that they are converted to", () => {
  expect(queryParameters(schema)).toMatchObject([
    { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100, default: 50 } },
    { name: "cursor", in: "query", schema: { type: "string", format: "cursor" } },
    {
      name: "status",
      in: "query",
      description: "Which letters.",
      schema: { type: "string", enum: ["open", "replayed"], default: "open" },
    },
    { name: "from", in: "query", schema: { type: "string", format: "date-time" } },
  ]);
});
