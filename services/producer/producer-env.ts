import type { TaskId } from "../../shared/task-id.ts";

/** What the handling of a request leaves for its log line. */
export interface ProducerEnv {
  Variables: { taskId?: TaskId };
}
