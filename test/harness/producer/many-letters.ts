import * as z from "zod";
import { letterOf } from "./letters.ts";
import { CLAIMED, type ProducerHarness } from "./producer-harness.ts";

/** Letters that died one after another, each with another payload, for `writeLetters`. */
export function manyLetters(count: number, fields: object = {}): (readonly [id: string, fields: object])[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `letter-${String(n).padStart(4, "0")}`;
    const payload = { ...CLAIMED.payload, data: { order: n } };
    return [id, letterOf(id, fields, { ...CLAIMED, payload })];
  });
}

/** Their ids, newest first. */
export function idsOfMany(count: number): string[] {
  return manyLetters(count)
    .map(([id]) => id)
    .toReversed();
}

const bodySchema = z.object({ payload: z.object({ data: z.object({ order: z.int() }) }) });

/** The numbers of those whose payloads are in the queue, in order. */
export async function ordersIn(producer: ProducerHarness): Promise<number[]> {
  const tasks = await producer.queuedTasks("default");
  const bodies = tasks.map(({ httpRequest }) => bodySchema.parse(JSON.parse(String(httpRequest?.body))));
  return bodies.map(({ payload }) => payload.data.order).toSorted((a, b) => a - b);
}
