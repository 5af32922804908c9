import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { taskLabels, traceFields } from "../../../shared/runtime/log-fields.ts";
import { queueOf } from "../../../shared/contract/task-id.ts";
import { below, readTraceParent } from "../../../shared/tracing/trace-context.ts";
import type { Delivery } from "../delivery.ts";
import type { Outcome } from "../outcome.ts";
import type { Worker } from "../worker.ts";

/**
 * One delivery as traces and logs show it: a span below the one that created the task, and one below that for each step.
 * It begins when it is known whose task it is; a request that is refused before is no part of a caller's trace.
 */
export class DeliveryTrace {
  readonly startedMs: number;
  private current: Worker;
  private known: { readonly delivery: Delivery; readonly span: Span } | undefined;

  constructor(worker: Worker) {
    this.current = worker;
    this.startedMs = worker.clock.now();
  }

  /** The worker; once the span has begun, its log lines belong to the task and its trace. */
  get worker(): Worker {
    return this.current;
  }

  /** The delivery, once it has been authenticated and parsed. */
  get delivery(): Delivery | undefined {
    return this.known?.delivery;
  }

  /** Begins the span. */
  begin(delivery: Delivery): void {
    const { id, type, traceparent } = delivery.envelope;
    const { tracer, log, project } = this.current;
    const queue = queueOf(id);
    const attributes = {
      "messaging.system": "gcp_cloud_tasks",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": queue,
      "messaging.message.id": id,
      "handoff.task_type": type,
    };
    const options = { kind: SpanKind.CONSUMER, startTime: this.startedMs, attributes };
    const span = tracer.startSpan(`process ${queue}`, options, below(readTraceParent(traceparent)));
    this.known = { delivery, span };
    const fields = { ...taskLabels({ id, type }), ...traceFields(span.spanContext(), project) };
    this.current = { ...this.current, log: log.child(fields) };
  }

  /** Runs a step of a delivery that has begun within a span of its own. */
  async step<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const span = this.current.tracer.startSpan(name, {}, below(this.known?.span.spanContext()));
    try {
      return await run();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  /** Ends the span with how the delivery was answered. */
  end(answered: { readonly outcome: Outcome["kind"]; readonly status: number }): void {
    const { outcome, status } = answered;
    this.known?.span.setAttributes({ "handoff.outcome": outcome, "http.response.status_code": status });
    if (outcome === "failed" || outcome === "dead") this.known?.span.setStatus({ code: SpanStatusCode.ERROR });
    this.known?.span.end();
  }

  /** Ends the span of a delivery that failed in a way that nobody thought of. */
  fail(): void {
    this.known?.span.setStatus({ code: SpanStatusCode.ERROR });
    this.known?.span.end();
  }
}
