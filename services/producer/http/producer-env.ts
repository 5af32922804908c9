import type { Span } from "@opentelemetry/api";
import type { Slot } from "../../../shared/http/admission.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";

/** What handling a request leaves behind for its log line, the span of the request, and its place among those in flight. */
export interface ProducerEnv {
  Variables: { taskId?: TaskId; span?: Span; slot: Slot };
}
