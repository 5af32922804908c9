import http from "node:http";
import protobuf from "protobufjs";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { portOf } from "../../../shared/http/listening-port.ts";

/**
 * The part of OTLP that the tests use (https://github.com/open-telemetry/opentelemetry-proto, trace/v1 and collector).
 */
const PROTO = `
  syntax = "proto3";
  message Value { string string_value = 1; int64 int_value = 3; }
  message Attribute { string key = 1; Value value = 2; }
  message Status { int32 code = 3; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    repeated Attribute attributes = 9; Status status = 15;
  }
  message ScopeSpans { repeated Span spans = 2; }
  message Resource { repeated Attribute attributes = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Export { repeated ResourceSpans resource_spans = 1; }
`;
const exportType = protobuf.parse(PROTO).root.lookupType("Export");

const attributes = z
  .array(z.object({ key: z.string(), value: z.object({ stringValue: z.string(), intValue: z.string() }).partial() }))
  .default([])
  .transform((all) =>
    Object.fromEntries(all.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)])),
  );
const hex = z.string().transform((base64) => Buffer.from(base64, "base64").toString("hex"));
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({ traceId: hex, spanId: hex, parentSpanId: hex.default(""), name: z.string(), attributes }),
          ),
        }),
      ),
    }),
  ),
});

export interface ReceivedSpan {
  readonly service: string;
  readonly resource: Readonly<Record<string, string | number>>;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Receives spans with OTLP over HTTP, as collectors and Google Cloud do. */
export async function startOtlpReceiver() {
  let status = 200;
  const spans: ReceivedSpan[] = [];
  const requests: { readonly path: string; readonly headers: http.IncomingHttpHeaders }[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({ path: request.url ?? "", headers: request.headers });
      spans.push(...readSpans(Buffer.concat(chunks)));
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    spans,
    requests,
    /** What it responds with from now on. Default: 200. */
    respondWith: (next: number): void => void (status = next),
  };
}

function readSpans(body: Buffer): ReceivedSpan[] {
  const plain = exportType.toObject(exportType.decode(body), { bytes: String, longs: String });
  return exportSchema.parse(plain).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        service: String(resource.attributes["service.name"]),
        resource: resource.attributes,
        ...span,
      })),
  );
}
