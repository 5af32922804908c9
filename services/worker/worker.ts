import type { Tracer } from "@opentelemetry/api";
import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import type { PendingCalls } from "../../shared/runtime/pending-calls.ts";
import type { TokenRules } from "./authenticate.ts";
import type { DeliveryRules } from "./parse-delivery.ts";
import type { Shutdown } from "./runner/shutdown.ts";

/** All that a delivery depends on. */
export interface Worker {
  /** The Google Cloud project, which traces belong to. */
  readonly project: string;
  readonly tracer: Tracer;
  readonly db: Firestore;
  /** What `db` has under way. */
  readonly calls: PendingCalls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tokens: TokenRules;
  readonly rules: DeliveryRules;
  readonly shutdown: Shutdown;
}
