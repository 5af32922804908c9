import * as z from "zod";
import type { Order } from "./orders.ts";

/** A response. Status 0: there was none. */
export interface Answer {
  readonly status: number;
  /** The task's id, if the response names one. */
  readonly id?: string | undefined;
  readonly state?: string | undefined;
  readonly mayHaveRun: boolean;
}

const ANSWER_LIMIT_MS = 20_000;

const contentSchema = z.looseObject({
  id: z.string().optional(),
  state: z.string().optional(),
  mayHaveRun: z.boolean().default(true),
});

/** Sends a request to a producer. */
export async function ask(
  method: "GET" | "POST" | "DELETE",
  url: string,
  { body, key }: { readonly body?: object; readonly key?: string } = {},
): Promise<Answer> {
  try {
    const answer = await fetch(url, {
      method,
      headers: {
        ...(body ? { "content-type": "application/json" } : {}),
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    return { status: answer.status, ...contentSchema.parse(await answer.json()) };
  } catch {
    return { status: 0, mayHaveRun: true };
  }
}

/** Whether a response says what became of the request. */
export function isAnswered({ status }: Answer): boolean {
  return status !== 0 && status !== 429 && status < 500;
}

const placedSchema = z.tuple([z.object({ n: z.number(), id: z.string().nullable() })]);

/** Has an application place an order. Resolves with the task's id, null if it was rolled back, undefined if nobody knows. */
export async function place(application: string, order: Order): Promise<string | null | undefined> {
  try {
    const answer = await fetch(application, {
      method: "POST",
      body: JSON.stringify([order]),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    return placedSchema.parse(await answer.json())[0].id;
  } catch {
    return undefined;
  }
}
