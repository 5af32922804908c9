import { type Tracer, trace } from "@opentelemetry/api";
import { z } from "zod";
import type { Logger } from "../runtime/log.ts";

/** What begins spans, and what sends them. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what has not been sent yet, for a second at most. */
  stop(): Promise<void>;
}

/** The name of our spans' origin. */
const SCOPE = "handoff";
const GOOGLES_ENDPOINT = "https://telemetry.googleapis.com";

/** Where spans are sent, by OpenTelemetry's own variables, and the revision that Cloud Run tells. */
export const tracingVariables = {
  /** The base address of an OTLP endpoint, without `/v1/traces`. Default: no spans are made. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
  /** The part of traces that is sampled where the caller's own are not. Default: all. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  /** How long spans wait for others to be sent with, in milliseconds. Default: 5 s. */
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().min(1).default(5_000),
  K_REVISION: z.string().optional(),
};

/**
 * Starts to trace. Without an endpoint nothing more is loaded: spans are then OpenTelemetry's empty ones, which hand
 * their parent's context on, so that a caller's trace still reaches the worker and all logs.
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

/** Google's own endpoint takes spans only with a token, which nobody else must see. */
export function takesGoogleCredentials(endpoint: string): boolean {
  return new URL(endpoint).origin === GOOGLES_ENDPOINT;
}
