import type { Span } from "@opentelemetry/api";
import type { TaskId } from "../../../shared/contract/task-id.ts";

/** What the handling of a request leaves for its log line, and the span that it is part of. */
export interface ProducerEnv {
  Variables: { taskId?: TaskId; span?: Span };
}
