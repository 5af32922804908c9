import { type Tracer, trace } from "@opentelemetry/api";
import * as z from "zod";
import type { Logger } from "../runtime/log.ts";
import { numberWithin } from "../runtime/variables/number-within.ts";

/** Creates spans and sends them. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Sends the remaining spans, for at most a second. */
  stop(): Promise<void>;
}

/** The instrumentation scope of our spans. */
const SCOPE = "handoff";
const GOOGLES_ENDPOINT = "https://telemetry.googleapis.com";

/** Where to send spans, in OpenTelemetry's own variables, and Cloud Run's name for the revision. */
export const tracingVariables = {
  /** The base address of an OTLP endpoint, without `/v1/traces`. Default: none, and no spans are recorded. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
  /** The share of traces to sample if the caller's own aren't sampled, from 0 to 1. Default: 1. */
  OTEL_TRACES_SAMPLER_ARG: numberWithin({ from: 0, to: 1, whole: false }).default(1),
  /** The longest that a span waits to be sent with others, in milliseconds. Default: 5 s. */
  OTEL_BSP_SCHEDULE_DELAY: numberWithin({ from: 1, to: 3_600_000 }).default(5_000),
  K_REVISION: z.string().optional(),
};

/**
 * Starts tracing. Without an endpoint no exporter is loaded and spans are OpenTelemetry's no-op ones. They pass on
 * their parent's context, so a caller's trace still reaches the worker and all logs.
 */
export async function startTracing(options: {
  readonly service: string;
  readonly log: Logger;
  readonly config: { readonly GOOGLE_CLOUD_PROJECT: string } & z.output<z.ZodObject<typeof tracingVariables>>;
}): Promise<Tracing> {
  const { service, log, config } = options;
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return { tracer: trace.getTracer(SCOPE), stop: () => Promise.resolve() };
  const { createTraceExport } = await import("./trace-export.ts");
  const traceExport = createTraceExport({
    endpoint,
    withCredentials: takesGoogleCredentials(endpoint),
    sendAfterMs: config.OTEL_BSP_SCHEDULE_DELAY,
    sampleRatio: config.OTEL_TRACES_SAMPLER_ARG,
    service,
    ...(config.K_REVISION === undefined ? {} : { revision: config.K_REVISION }),
    project: config.GOOGLE_CLOUD_PROJECT,
    log,
  });
  return { tracer: traceExport.provider.getTracer(SCOPE), stop: () => traceExport.stop() };
}

/** Whether an endpoint is Google's own. It requires a token, which must not be sent anywhere else. */
export function takesGoogleCredentials(endpoint: string): boolean {
  return new URL(endpoint).origin === GOOGLES_ENDPOINT;
}
