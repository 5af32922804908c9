import { describe, expect, it } from "vitest";
import { readBounded, readRequestBody } from "../../../../shared/http/bounded-body.ts";

const MAX_BYTES = 8;
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A response whose body comes in these chunks, and what was done with the body. */
function streamed(chunks: readonly (string | Error)[], headers: Record<string, string> = {}) {
  const seen = { pulls: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.pulls++];
        if (chunk instanceof Error) controller.error(chunk);
        else if (chunk === undefined) controller.close();
        else controller.enqueue(bytesOf(chunk));
      },
      cancel: () => void (seen.isCancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(body, { headers }), seen };
}

it.each([
  ["in one chunk", ["12345678"]],
  ["in several chunks, one of them empty", ["1234", "", "5678"]],
])("reads a body of exactly the limit %s", async (_name, chunks) => {
  const read = await readBounded(streamed(chunks).response, MAX_BYTES);
  expect(read).toEqual({ kind: "read", bytes: Buffer.from("12345678") });
});

it("reads the body of a request, and no body as no bytes", async () => {
  const request = new Request("http://x", { method: "POST", body: "é" });
  expect(await readBounded(request, MAX_BYTES)).toEqual({ kind: "read", bytes: Buffer.from("é") });
  const none = new Request("http://x", { method: "POST" });
  expect(await readBounded(none, MAX_BYTES)).toEqual({ kind: "read", bytes: Buffer.alloc(0) });
});

it("doesn't read a body whose Content-Length is over the limit", async () => {
  const { response, seen } = streamed(["1"], { "content-length": "9" });
  expect(await readBounded(response, MAX_BYTES)).toEqual({ kind: "too-large" });
  expect(seen.pulls).toBe(0);
});

it.each([[{}], [{ "content-length": "8" }], [{ "content-length": "x" }]])(
  "cancels a body that turns out to be over the limit, with the headers %j",
  async (headers) => {
    const { response, seen } = streamed(["1234", "12345", "1"], headers);
    expect(await readBounded(response, MAX_BYTES)).toEqual({ kind: "too-large" });
    expect(seen).toEqual({ pulls: 2, isCancelled: true });
  },
);

it("distinguishes a body that is cut off from one that ends", async () => {
  const { response } = streamed(["1234", new Error("reset")]);
  expect(await readBounded(response, MAX_BYTES)).toEqual({ kind: "broken-off" });
});

describe("the body of a request", () => {
  const requestOf = (body: ReadableStream | string, headers: Record<string, string> = {}) =>
    new Request("http://x", { method: "POST", body, headers, duplex: "half" });
  const streamedBody = (chunks: readonly (string | Error)[]) => {
    const { response, seen } = streamed(chunks);
    return { body: response.body ?? "", seen };
  };

  it.each<[Record<string, string>]>([[{ "content-length": "8" }], [{}], [{ "content-length": "x" }]])(
    "is read up to the limit, with the headers %j",
    async (headers) => {
      const read = await readRequestBody(requestOf(streamedBody(["1234", "5678"]).body, headers), MAX_BYTES);
      expect(read.kind === "read" && new TextDecoder().decode(read.bytes)).toBe("12345678");
    },
  );

  it("isn't read if its Content-Length is over the limit", async () => {
    const { body, seen } = streamedBody(["1"]);
    expect(await readRequestBody(requestOf(body, { "content-length": "9" }), MAX_BYTES)).toEqual({ kind: "too-large" });
    expect(seen.pulls).toBe(0);
  });

  it("is cancelled if it has no Content-Length and turns out to be over the limit", async () => {
    const { body, seen } = streamedBody(["1234", "12345", "1"]);
    expect(await readRequestBody(requestOf(body), MAX_BYTES)).toEqual({ kind: "too-large" });
    expect(seen).toEqual({ pulls: 2, isCancelled: true });
  });

  it("is too large if it is, whatever its Content-Length says", async () => {
    const { body } = streamedBody(["1234", "12345"]);
    expect(await readRequestBody(requestOf(body, { "content-length": "1" }), MAX_BYTES)).toEqual({ kind: "too-large" });
  });

  it.each<[Record<string, string>]>([[{ "content-length": "8" }], [{}]])(
    "is told from one that is cut off, with the headers %j",
    async (headers) => {
      const { body } = streamedBody(["1234", new Error("reset")]);
      expect(await readRequestBody(requestOf(body, headers), MAX_BYTES)).toEqual({ kind: "broken-off" });
    },
  );
});
