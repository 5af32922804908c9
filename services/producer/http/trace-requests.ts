import { SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { below, readTraceParent } from "../../../shared/tracing/trace-context.ts";
import type { ProducerEnv } from "./producer-env.ts";

const FIRST_SERVER_ERROR = 500;

/**
 * Creates a span for each request, as a child of the caller's, by the conventions for HTTP servers
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 */
export function traceRequests({ tracer }: { readonly tracer: Tracer }) {
  return createMiddleware<ProducerEnv>(async (context, next) => {
    const { method } = context.req;
    const parent = below(readTraceParent(context.req.header("traceparent")));
    const span = tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { "http.request.method": method } },
      parent,
    );
    context.set("span", span);
    try {
      await next();
    } finally {
      const route = routePath(context, -1);
      const { status } = context.res;
      span.updateName(`${method} ${route}`);
      span.setAttributes({ "http.route": route, "http.response.status_code": status });
      if (status >= FIRST_SERVER_ERROR) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }
  });
}
