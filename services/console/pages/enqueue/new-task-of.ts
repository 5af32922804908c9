import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../../packages/client/src/tasks/idempotency-key.ts";
import { readPayload } from "../../../../packages/client/src/tasks/read-payload.ts";
import type { RequestProblem } from "../../../../shared/http/problem.ts";
import type { Field } from "../../payload/field.ts";
import { jsonProblem, readFields } from "../../payload/read-fields.ts";
import type { Draft } from "./draft.ts";

/** The paths in the producer's problems for anything but the payload. */
export const PATHS = { key: "Idempotency-Key", delaySeconds: "delaySeconds", scheduleTime: "scheduleTime" } as const;

/** A payload to send, or what is wrong with what was typed. */
export type PayloadOfDraft =
  | { readonly kind: "read"; readonly payload: unknown }
  | { readonly kind: "wrong"; readonly problems: readonly RequestProblem[] };

/** A task to enqueue, or what is wrong with what was typed. The producer checks the rest. */
export type TaskOfDraft =
  | {
      readonly kind: "read";
      readonly payload: unknown;
      readonly options: {
        readonly idempotencyKey: string;
        readonly delaySeconds: number | undefined;
        readonly scheduleTime: string | undefined;
      };
    }
  | { readonly kind: "wrong"; readonly problems: readonly RequestProblem[] };

const SECONDS = /^\d{1,9}(?:\.\d{1,3})?$/;

/** The task that a submitted form describes, or everything that is wrong with it. */
export function newTaskOf(draft: Draft, field: Field): TaskOfDraft {
  const { key, madeUpKey, delaySeconds, scheduleTime } = draft;
  const payload = payloadOf(draft, field);
  const problems = payload.kind === "wrong" ? [...payload.problems] : [];
  const idempotencyKey = key === "" ? madeUpKey : key;
  if (!isIdempotencyKey(idempotencyKey)) problems.push({ path: PATHS.key, message: IDEMPOTENCY_KEY_FORM });
  const delay = delaySeconds === "" ? undefined : Number(delaySeconds);
  if (delay !== undefined && !SECONDS.test(delaySeconds)) {
    problems.push({ path: PATHS.delaySeconds, message: "must be a number of seconds in digits, such as 90" });
  }
  if (delaySeconds !== "" && scheduleTime !== "") {
    problems.push({ path: PATHS.delaySeconds, message: "can't be combined with a time: give one of the two" });
  }
  if (payload.kind === "wrong" || problems.length > 0) return { kind: "wrong", problems };
  const options = { idempotencyKey, delaySeconds: delay, scheduleTime: scheduleTime || undefined };
  return { kind: "read", payload: payload.payload, options };
}

/** Reads the payload of a draft. */
export function payloadOf(draft: Draft, field: Field): PayloadOfDraft {
  const json = draft.as === "json" ? wholeJson(draft.json) : readFields(field, draft.typed);
  if (json.kind === "wrong") return json;
  const read = readPayload(json.json);
  return read.kind === "read" ? read : { kind: "wrong", problems: read.problems };
}

function wholeJson(text: string): ReturnType<typeof readFields> {
  if (text.trim() === "") return { kind: "wrong", problems: [{ path: "payload", message: "is missing" }] };
  const problem = jsonProblem(text);
  return problem === undefined
    ? { kind: "read", json: text }
    : { kind: "wrong", problems: [{ path: "payload", message: problem }] };
}
