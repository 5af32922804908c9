import type { Span } from "@opentelemetry/api";
import type { Slot } from "../../../shared/http/admission.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import type { Caller } from "../access/caller.ts";

/**
 * What handling a request leaves behind for its log line (`refusal` is why its sender isn't known, as a code), the span of
 * the request, its place among those in flight, and who sent it, which every endpoint under /v1 knows.
 */
export interface ProducerEnv {
  Variables: { taskId?: TaskId; span?: Span; slot: Slot; caller: Caller; refusal?: string };
}
