import { randomUUID } from "node:crypto";
import type { Client } from "../../client.ts";
import { DeadlineError, cancelAtDeadline } from "../../../../../shared/runtime/deadline.ts";
import { HandoffError, TimeoutError } from "../../errors.ts";
import { claimsOf } from "../auth/token-claims.ts";
import type { ChosenTokens } from "../auth/choose-tokens.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Result, failed, ok, skipped, warning } from "./finding.ts";

/** A cold start of both services takes seconds. */
const DELIVERY_TIMEOUT_MS = 60_000;

const CANARY = "canary.claim";

/** As long as any request of a command. */
const READY_TIMEOUT_MS = 30_000;

/** Whether the producer, and what it depends on, is up. */
export async function checkReady(url: URL, { clock, signal }: Pick<Surroundings, "clock" | "signal">): Promise<Result> {
  const deadline = { clock, timeoutMs: READY_TIMEOUT_MS, signal };
  try {
    const response = await cancelAtDeadline(deadline, (signal) =>
      fetch(new URL("/ready", url), { signal, redirect: "manual" }),
    );
    if (response.status === 200) return ok(`${url.origin} is ready`);
    // This is Cloud Run's own response; the producer hasn't seen the request.
    if (response.status === 401 || response.status === 403) return ok(`${url.origin} asks for a token`);
    return failed(`${url.origin}/ready responds ${response.status}: see the producer's log`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DeadlineError) {
      return failed(`${url.origin} did not respond within ${READY_TIMEOUT_MS / 1_000} s: is that the producer?`);
    }
    return failed(`nothing responds at ${url.origin}: start the stack, or say with --url where it is`);
  }
}

/** Whose token is used, and its audience. */
export async function checkToken(url: URL, { tokens, origin }: ChosenTokens): Promise<Result> {
  if (!tokens) return ok(origin);
  const { audience, email, expiresAtMs } = claimsOf(await tokens(url.origin));
  const left = expiresAtMs === undefined ? undefined : Math.round((expiresAtMs - Date.now()) / 60_000);
  const parts = [
    `${origin}${email === undefined ? "" : ` (${email})`}`,
    `audience ${audience ?? "unknown"}`,
    ...(left === undefined ? [] : [`expires in ${left} min`]),
  ];
  return (left ?? 1) > 0 ? ok(parts.join(", ")) : failed(`${parts.join(", ")}: log in again`);
}

/** Which account the producer identifies as the caller. */
export async function checkIdentity(client: Client, signal: AbortSignal): Promise<Result> {
  try {
    const { email, role, types } = await client.me({ signal });
    return ok(`${email}, with the role ${role}${types === undefined ? "" : `, for ${types.join(", ") || "no types"}`}`);
  } catch (error) {
    if (error instanceof HandoffError && error.status === 404) return skipped("this producer is too old to tell");
    throw error;
  }
}

/** What the caller's role allows. */
export async function checkActions(client: Client, signal: AbortSignal): Promise<Result> {
  const { actions, role } = await client.me({ signal });
  if (actions.length > 1) return ok(actions.join(", "));
  return warning(`nothing: the role ${role} is for Handoff's own accounts. handoff:operators and others name people`);
}

/** Whether a task is delivered. */
export async function checkDelivery(client: Client, signal: AbortSignal): Promise<Result> {
  const startedMs = performance.now();
  let id: string;
  try {
    const payload = { sentAt: new Date().toISOString() };
    ({ id } = await client.enqueue(CANARY, payload, { idempotencyKey: `doctor-${randomUUID()}`, signal }));
  } catch (error) {
    if (error instanceof HandoffError && error.status === 400) return skipped(`this stack has no task type ${CANARY}`);
    throw error;
  }
  try {
    const { state, queue, lastError } = await client.wait(id, { timeoutMs: DELIVERY_TIMEOUT_MS, signal });
    if (state !== "succeeded")
      return failed(`${CANARY} is ${state}: ${lastError?.message ?? "look at its status"}, ${id}`);
    return ok(`${CANARY} was done after ${Math.round(performance.now() - startedMs)} ms, by the queue ${queue}`);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    return failed(
      `${CANARY} was not done within ${DELIVERY_TIMEOUT_MS / 1_000} s. Is its queue paused, or the worker down? ` +
        `handoff status ${id}`,
    );
  }
}
