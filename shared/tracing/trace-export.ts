import { DiagLogLevel, type TracerProvider as Provider, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { GoogleAuth } from "google-auth-library";
import { shorten } from "../process/cut.ts";
import { MAX_LOGGED_CHARACTERS, errorFields } from "../runtime/error-fields.ts";
import { systemClock } from "../runtime/clock.ts";
import { withDeadline } from "../runtime/deadline.ts";
import type { Logger } from "../runtime/log.ts";

const TRACES_PATH = "/v1/traces";
const SEND_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 1_000;
/** Allows writing spans and nothing else (https://docs.cloud.google.com/stackdriver/docs/reference/telemetry/v1.traces.post). */
const SCOPE = "https://www.googleapis.com/auth/trace.append";

/**
 * Sends spans in batches to an OTLP endpoint. Spans that can't be sent are dropped and logged: tracing must never hold
 * up work.
 *
 * @param options.withCredentials whether to send them with a token for the process's own account.
 * @param options.sendAfterMs the longest that a span waits to be sent with others.
 * @param options.stopTimeoutMs how long stopping may take; default 1 s, out of the 10 s that Cloud Run allows.
 * @param options.sampleRatio the share of traces to sample if the parent isn't sampled. On Cloud Run every request has
 * a parent, the platform's, which is sampled once in ten seconds (https://cloud.google.com/run/docs/trace). The
 * decision uses the trace's id, so all services sample the same traces.
 */
export function createTraceExport(options: {
  readonly endpoint: string;
  readonly withCredentials: boolean;
  readonly sampleRatio: number;
  readonly service: string;
  readonly revision?: string;
  readonly project: string;
  readonly log: Logger;
  readonly sendAfterMs: number;
  readonly stopTimeoutMs?: number;
}): { readonly provider: Provider; stop(): Promise<void> } {
  const { endpoint, service, revision, project, log } = options;
  const report = (message: string): void =>
    log.warn({ reason: shorten(message, MAX_LOGGED_CHARACTERS) }, "spans could not be sent");
  const logger = { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });

  const ratio = new TraceIdRatioBasedSampler(options.sampleRatio);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, "")}${TRACES_PATH}`,
    timeoutMillis: SEND_TIMEOUT_MS,
    ...(options.withCredentials ? { headers: googlesHeaders(log) } : {}),
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": service,
      "gcp.project_id": project,
      ...(revision === undefined ? {} : { "service.version": revision }),
    }),
    sampler: new ParentBasedSampler({ root: ratio, remoteParentNotSampled: ratio }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: options.sendAfterMs })],
  });
  const timeoutMs = options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
  return { provider, stop: () => sendRemaining(provider, { report, timeoutMs }) };
}

function ignore(): void {}

/** Headers with a fresh token for each batch. Never rejects: the endpoint refuses those without, which is logged. */
function googlesHeaders(log: Logger): () => Promise<Record<string, string>> {
  const auth = new GoogleAuth({ scopes: SCOPE });
  return async () => {
    try {
      return Object.fromEntries(await auth.getRequestHeaders());
    } catch (error) {
      log.warn(errorFields(error), "no credentials to send spans with");
      return {};
    }
  };
}

/** An endpoint that doesn't respond must not keep a service from ending. */
async function sendRemaining(
  provider: TracerProvider,
  { report, timeoutMs }: { report: (why: string) => void; timeoutMs: number },
): Promise<void> {
  try {
    await withDeadline({ clock: systemClock, timeoutMs }, () => provider.shutdown());
  } catch (error) {
    report(error instanceof Error ? error.message : String(error));
  }
}
