import type { Json } from "../../../../shared/contract/any-json.ts";
import { sealEnvelope } from "../../../../shared/contract/envelope.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import type { TaskType } from "../../../../shared/contract/task-type.ts";
import { LOCAL } from "../../../../services/local/settings.ts";
import { type SigningKey, identityClaims, signToken } from "../../../harness/auth/tokens.ts";
import { costlyPayload } from "../../../harness/overload/costly-payloads.ts";
import type { Call } from "../process/calls.ts";

/** 1 KB of JSON, as an application might hand over. */
export const SMALL_PAYLOAD = {
  order: 7,
  customer: { id: "c-1000234", name: "Example Ltd", country: "IE" },
  lines: Array.from({ length: 8 }, (_, line) => ({ sku: `sku-${line}`, quantity: line + 1, priceCents: 1_250 * line })),
  note: "x".repeat(480),
};

/** 255 KB of small objects, as many as a payload may have. */
export const LARGE_PAYLOAD: Json = JSON.parse(costlyPayload("small objects", "http://127.0.0.1:9/"));

let made = 0;

/** A token as Cloud Tasks makes it for a delivery. No two are alike. */
export function freshToken(key: SigningKey): string {
  const claims = identityClaims({ audience: LOCAL.audience, email: LOCAL.invoker, nowMs: Date.now() });
  return signToken(key, { ...claims, jti: String(made++) });
}

/** The request that hands over a task, with an idempotency key of its own if it is to have one. */
export function taskCall(taskType: TaskType, payload: unknown, { withKey }: { readonly withKey: boolean }): Call {
  const headers: Record<string, string> = withKey ? { "idempotency-key": `key-${made++}` } : {};
  return { path: "/v1/tasks", headers, body: JSON.stringify({ type: taskType.type, payload }) };
}

/** The first delivery of a new task, as Cloud Tasks makes it. */
export function deliveryCall(taskType: TaskType, payload: Json, token: string): Call {
  const id = randomTaskId(taskType);
  const task = { id, type: taskType.type, caller: LOCAL.invoker, enqueuedAtMs: Date.now() };
  return {
    path: `/tasks/${taskType.type}`,
    headers: {
      authorization: `Bearer ${token}`,
      "x-cloudtasks-queuename": taskType.queue,
      "x-cloudtasks-taskname": id,
      "x-cloudtasks-taskretrycount": "0",
      "x-cloudtasks-taskexecutioncount": "0",
    },
    body: JSON.stringify(sealEnvelope({ ...task, payload })),
  };
}

/** The same delivery for a function of Firebase, which wants its payload as `data`. */
export function firebaseCall(taskType: TaskType, payload: Json, token: string): Call {
  return { ...deliveryCall(taskType, payload, token), path: "/", body: JSON.stringify({ data: payload }) };
}
