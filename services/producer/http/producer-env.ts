import type { Span } from "@opentelemetry/api";
import type { TaskId } from "../../../shared/contract/task-id.ts";

/** What handling a request leaves behind for its log line, and the span of the request. */
export interface ProducerEnv {
  Variables: { taskId?: TaskId; span?: Span };
}
