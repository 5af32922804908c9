import { expect } from "vitest";
import * as z from "zod";
import type { StackProcess } from "./stack-process.ts";

/** The part of a task's view that the tests read. */
const taskSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  attempts: z.number().optional(),
  result: z.unknown().optional(),
  lastError: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type TaskAnswer = z.infer<typeof taskSchema>;

const POLL = { timeout: 100_000, interval: 50 };

/** The producer's API, as a caller uses it. */
export function producerClient(stack: StackProcess) {
  const base = `http://127.0.0.1:${stack.ports.producer}`;
  const post = (body: object, idempotencyKey?: string): Promise<Response> =>
    fetch(`${base}/v1/tasks`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      },
      body: JSON.stringify(body),
    });
  const taskIn = async (answer: Response): Promise<TaskAnswer> => taskSchema.parse(await answer.json());
  const status = async (id: string): Promise<TaskAnswer> => taskIn(await fetch(`${base}/v1/tasks/${id}`));
  return {
    base,
    post,
    taskIn,
    status,
    /** Enqueues a task and requires that it is accepted. */
    async enqueue(body: object): Promise<TaskAnswer> {
      const answer = await post(body);
      expect(answer.status).toBe(202);
      return await taskIn(answer);
    },
    /** Resolves with the task when it has reached the state. */
    async untilState(id: string, state: string): Promise<TaskAnswer> {
      await expect.poll(async () => (await status(id)).state, POLL).toBe(state);
      return await status(id);
    },
  };
}
