import http from "node:http";
import { expect, onTestFinished, test, vi } from "vitest";
import { portOf } from "../../shared/http/listening-port.ts";
import { createTraceExport } from "../../shared/tracing/trace-export.ts";
import { takesGoogleCredentials } from "../../shared/tracing/tracing.ts";
import { captureLog } from "../harness/runtime/captured-log.ts";
import { startOtlpReceiver } from "../harness/tracing/otlp-receiver.ts";

/** A metadata server like Cloud Run's: it gives any caller a token of the service's own account. */
async function startMetadataServer(status = 200): Promise<readonly string[]> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(status, { "metadata-flavor": "Google", "content-type": "application/json" });
    response.end(JSON.stringify({ access_token: "token-of-the-account", expires_in: 3_599, token_type: "Bearer" }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  vi.stubEnv("METADATA_SERVER_DETECTION", "assume-present");
  vi.stubEnv("GCE_METADATA_HOST", `127.0.0.1:${portOf(server)}`);
  return asked;
}

async function sendOneSpan({ withCredentials = false, sampleRatio = 1 }) {
  const receiver = await startOtlpReceiver();
  const { log, lines } = captureLog();
  const { endpoint } = receiver;
  const ours = { service: "s", revision: "s-00001", project: "p", log, sendAfterMs: 1_000, stopTimeoutMs: 20_000 };
  const traceExport = createTraceExport({ endpoint, withCredentials, sampleRatio, ...ours });
  traceExport.provider.getTracer("test").startSpan("a").end();
  await traceExport.stop();
  return { receiver, lines };
}

test("spans for Google are sent with a token of the process's own account, requested with the narrowest scope", async () => {
  const asked = await startMetadataServer();
  const { receiver } = await sendOneSpan({ withCredentials: true });

  expect(receiver.spans).toMatchObject([{ name: "a" }]);
  expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-of-the-account"]);
  expect(asked.filter((url) => url.includes("/token")).map(decodeURIComponent)).toEqual([
    expect.stringContaining("scopes=https://www.googleapis.com/auth/trace.append"),
  ]);
});

test("spans for any other endpoint are sent without one", async () => {
  const asked = await startMetadataServer();
  const { receiver } = await sendOneSpan({});

  expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  expect(asked).toEqual([]);
});

test("a span names its service, revision and project", async () => {
  const { receiver } = await sendOneSpan({});
  const resource = { "service.name": "s", "service.version": "s-00001", "gcp.project_id": "p" };
  expect(receiver.spans).toMatchObject([{ name: "a", resource }]);
});

test("at a ratio of 0 no trace that begins here is sent", async () => {
  const { receiver, lines } = await sendOneSpan({ sampleRatio: 0 });
  expect(receiver.requests).toEqual([]);
  expect(lines).toEqual([]);
});

test.each([
  ["https://telemetry.googleapis.com", true],
  ["https://telemetry.googleapis.com/", true],
  ["http://telemetry.googleapis.com", false],
  ["https://telemetry.googleapis.com.evil.example", false],
  ["https://telemetry.googleapis.com:8443", false],
  ["http://127.0.0.1:4318", false],
])("%s is sent Google's credentials: %s", (endpoint, isSent) => {
  expect(takesGoogleCredentials(endpoint)).toBe(isSent);
});

test("without credentials the log says why spans are refused", async () => {
  await startMetadataServer(404);
  const { lines } = await sendOneSpan({ withCredentials: true });

  expect(lines.join("")).toContain("no credentials to send spans with");
  expect(lines.join("")).not.toContain("token-of-the-account");
});

test("flushing to an endpoint that never answers stops when the time for shutdown is up", async () => {
  const silent = http.createServer(() => {});
  await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const { log, lines } = captureLog();
  const traceExport = createTraceExport({
    endpoint: `http://127.0.0.1:${portOf(silent)}`,
    withCredentials: false,
    sampleRatio: 1,
    service: "s",
    project: "p",
    log,
    sendAfterMs: 1_000,
    stopTimeoutMs: 50,
  });
  traceExport.provider.getTracer("test").startSpan("a").end();
  await traceExport.stop();

  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: "spans could not be sent", reason: "No response within 50 ms." },
  ]);
});
