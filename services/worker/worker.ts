import type { Tracer } from "@opentelemetry/api";
import type { Admission } from "../../shared/http/admission.ts";
import type { OwnRelay } from "../../shared/outbox/own-relay.ts";
import type { TaskStore } from "../../shared/records/task-store.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import type { DeliveryTokenRules } from "./authenticate.ts";
import type { Outcome } from "./outcome.ts";
import type { Delivery, DeliveryRules } from "./parse-delivery.ts";
import type { Shutdown } from "./runner/shutdown.ts";

/** Everything a delivery depends on. */
export interface Worker {
  /** The Google Cloud project that traces belong to. */
  readonly project: string;
  /** This instance's name in records. The first line of its log has it, too. */
  readonly instance: string;
  readonly tracer: Tracer;
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tokens: DeliveryTokenRules;
  readonly rules: DeliveryRules;
  readonly shutdown: Shutdown;
  /** Puts the tasks that follow this worker's own into their queues. */
  readonly relay: OwnRelay;
  /** What this instance takes on at once. */
  readonly admission: Admission;
  readonly around: Around;
}

/**
 * Wraps each attempt, from its claim to its recorded end: the place for Sentry, metrics or a tenant's context. It calls
 * `next` once and returns what that resolves with. If it throws, the delivery fails with 500.
 */
export type Around = (delivery: Delivery, next: () => Promise<Outcome>) => Promise<Outcome>;
