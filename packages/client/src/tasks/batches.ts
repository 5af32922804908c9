import type { NewTask } from "../task-types.ts";
import { keyOf } from "./idempotency-key.ts";
import { newTaskText } from "./new-task-text.ts";

/** The limits of one request. */
const MAX_ITEMS = 500;
const MAX_BYTES = 4 * 2 ** 20;

const HEAD = '{"tasks":[';
const TAIL = "]}";

/** A task of a batch, as JSON that includes its key. */
export interface Item {
  readonly idempotencyKey: string;
  readonly json: string;
}

/** The request's body. */
export function batchText(items: readonly Item[]): string {
  return `${HEAD}${items.map(({ json }) => json).join(",")}${TAIL}`;
}

/**
 * Splits tasks into batches that fit in a request, in order. A task that is too large for any request gets its own
 * batch. If reading the tasks fails, the tasks read so far are yielded first.
 *
 * @throws TypeError when a task's key or payload isn't allowed.
 */
export async function* batchesOf(tasks: AsyncIterable<NewTask> | Iterable<NewTask>): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = [];
  let bytes = 0;
  const take = (): readonly Item[] => {
    const taken = batch;
    batch = [];
    bytes = 0;
    return taken;
  };
  try {
    for await (const task of tasks) {
      const item = itemOf(task);
      const itemBytes = bytesOf(item.json) + ",".length;
      if (batch.length > 0 && bytes + itemBytes + HEAD.length + TAIL.length > MAX_BYTES) yield take();
      batch.push(item);
      bytes += itemBytes;
      if (batch.length === MAX_ITEMS) yield take();
    }
  } catch (error) {
    if (batch.length > 0) yield take();
    throw error;
  }
  if (batch.length > 0) yield take();
}

function itemOf(task: NewTask): Item {
  const idempotencyKey = keyOf(task.idempotencyKey);
  return { idempotencyKey, json: newTaskText({ ...task, idempotencyKey }) };
}

const encoder = new TextEncoder();

function bytesOf(text: string): number {
  return encoder.encode(text).byteLength;
}
