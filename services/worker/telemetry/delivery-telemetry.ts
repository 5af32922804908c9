import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { queueOf } from "../../../shared/contract/task-id.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { taskLabels, traceFields } from "../../../shared/runtime/log-fields.ts";
import { below, readTraceParent } from "../../../shared/tracing/trace-context.ts";
import type { Outcome } from "../outcome.ts";
import type { Delivery } from "../parse-delivery.ts";
import type { Worker } from "../worker.ts";
import { reportOutcome } from "./report-outcome.ts";

type Observed = Pick<Worker, "project" | "tracer" | "clock" | "log" | "rules">;

/**
 * One delivery in traces and logs: a span below the one that created the task, a child span for each step, and a log
 * line at the end. The span begins once the task is known. A request that is refused before that is not part of a
 * caller's trace.
 */
export class DeliveryTelemetry {
  readonly #request: Request;
  readonly #worker: Observed;
  readonly #startedMs: number;
  #log: Logger;
  #identified: { readonly delivery: Delivery; readonly span: Span } | undefined;

  constructor(request: Request, worker: Observed) {
    this.#request = request;
    this.#worker = worker;
    this.#startedMs = worker.clock.now();
    this.#log = worker.log;
  }

  /** Begins the span. Returns a logger whose lines belong to the task and its trace. */
  identify(delivery: Delivery): Logger {
    const { id, type, hop = 0, traceparent } = delivery.envelope;
    const { tracer, project } = this.#worker;
    const queue = queueOf(id);
    const attributes = {
      "messaging.system": "gcp_cloud_tasks",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": queue,
      "messaging.message.id": id,
      "handoff.task_type": type,
      ...(hop === 0 ? {} : { "handoff.hop": hop }),
    };
    const options = { kind: SpanKind.CONSUMER, startTime: this.#startedMs, attributes };
    const span = tracer.startSpan(`process ${queue}`, options, below(readTraceParent(traceparent)));
    this.#identified = { delivery, span };
    this.#log = this.#log.child({ ...taskLabels({ id, type }), ...traceFields(span.spanContext(), project) });
    return this.#log;
  }

  /** Runs a step in its own span. */
  async step<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const span = this.#worker.tracer.startSpan(name, {}, below(this.#identified?.span.spanContext()));
    try {
      return await run();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  /** Ends the span and writes the delivery's line. */
  end(outcome: Outcome, status: number): void {
    const { clock, rules } = this.#worker;
    const { delivery, span } = this.#identified ?? {};
    reportOutcome(outcome, this.#request, {
      log: this.#log,
      rules,
      startedMs: this.#startedMs,
      endedMs: clock.now(),
      status,
      ...(delivery ? { delivery } : {}),
    });
    span?.setAttributes({ "handoff.outcome": outcome.kind, "http.response.status_code": status });
    if (outcome.kind === "failed" || outcome.kind === "dead") span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  }

  /** Ends the span of a delivery that failed unexpectedly. */
  fail(): void {
    this.#identified?.span.setStatus({ code: SpanStatusCode.ERROR });
    this.#identified?.span.end();
  }
}
