import type { Span } from "@opentelemetry/api";
import type { Slot } from "../../../shared/http/admission.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import type { Caller } from "../access/caller.ts";

/**
 * What handling a request leaves behind for its log line (`refusal` is why nobody's role counts, as a code, and `refused` who
 * that is, if it is known), the span of the request, its place among those in flight, and who sent it, which every endpoint
 * under /v1 knows.
 */
export interface ProducerEnv {
  Variables: {
    taskId?: TaskId;
    span?: Span;
    slot: Slot;
    caller: Caller;
    refusal?: string;
    refused?: Pick<Caller, "email" | "through">;
  };
}
