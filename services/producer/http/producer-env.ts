import type { Span } from "@opentelemetry/api";
import type { Slot } from "../../../shared/http/admission.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import type { Caller } from "../access/caller.ts";

/**
 * What is known of a request: data for its log line (`refusal` is the code of a refused identification, and `refused`
 * is who that was, if known), its span, its slot, and its caller, which every endpoint under /v1 has.
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
