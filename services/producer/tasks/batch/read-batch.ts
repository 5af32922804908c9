import { z } from "@hono/zod-openapi";
import type { Slot } from "../../../../shared/http/admission.ts";
import { JsonBodyError, decodeUtf8, parseJsonText } from "../../../../shared/http/json-body.ts";
import type { Problem } from "../../../../shared/http/problem.ts";
import { schemaProblems } from "../../../../shared/http/schema-problems.ts";
import { splitList } from "../../../../shared/json/split-list.ts";
import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../../shared/contract/new-task/idempotency-key.ts";
import { NEW_TASK_LIMITS } from "../../../../shared/contract/new-task/payload-text.ts";
import type { Caller } from "../../access/caller.ts";
import { inputProblem, sizeProblem } from "../../http/failures.ts";
import { bodyProblem } from "../../http/json-body.ts";
import { type Producer, longestBody } from "../../producer.ts";
import { type ReadTask, readRequestedTask } from "../requested-task.ts";

/** How many tasks a batch may have. */
export const MAX_ITEMS = 500;

/** How much of a batch is parsed in one turn, in characters. */
const PIECE_LENGTH = 64 * 1024;

/** More problems than anybody reads. */
const MAX_PROBLEMS = 100;

/** A batch's tasks in its order, or what is wrong with the whole. */
export type ReadBatch =
  | { readonly kind: "read"; readonly tasks: readonly ReadTask[] }
  | { readonly kind: "refused"; readonly problem: Problem };

type ReadingProducer = Pick<Producer, "registry" | "clock" | "maxPayloadBytes">;

/** The caller, the slot that the request holds, and a signal that fires when the caller has gone. */
interface Reader {
  readonly caller: Caller;
  readonly slot: Slot;
  readonly signal: AbortSignal;
}

/**
 * Reads the tasks of a batch. Each is parsed by itself, as the body of a request for one task is, and then only its payload
 * is kept, as text. So the values of a batch are never all in memory, and other requests get their turn after each piece. An
 * invalid item is refused alone. But all need a key: without one, repeating the batch would repeat its task.
 */
export async function readBatch(bytes: Uint8Array, reader: Reader, producer: ReadingProducer): Promise<ReadBatch> {
  const { caller, slot, signal } = reader;
  await slot.turn(bytes.byteLength);
  try {
    const split = splitBatch(bytes);
    if (split.kind === "refused") return split;
    const read: ReadItem[] = [];
    for (const piece of piecesOf(split.items)) {
      await slot.turn(lengthOf(piece));
      if (signal.aborted) break;
      for (const text of piece) read.push(readItem(text, caller, producer));
    }
    return withKeys(read);
  } catch (error) {
    if (!(error instanceof JsonBodyError)) throw error;
    return { kind: "refused", problem: bodyProblem(error) };
  }
}

const frameSchema = z.strictObject({
  tasks: z.array(z.unknown()).max(MAX_ITEMS, `must have at most ${MAX_ITEMS} items`),
});

type Split = { readonly kind: "split"; readonly items: readonly string[] } | Extract<ReadBatch, { kind: "refused" }>;

/** @throws JsonBodyError if the text around the items isn't JSON that can be passed on unchanged. */
function splitBatch(bytes: Uint8Array): Split {
  const { frame, items } = splitList(decodeUtf8(bytes), { field: "tasks", most: MAX_ITEMS });
  const { value } = parseJsonText(frame, NEW_TASK_LIMITS);
  const problems = schemaProblems(frameSchema.safeParse(value).error, { value });
  return problems.length === 0 ? { kind: "split", items } : { kind: "refused", problem: inputProblem(problems) };
}

/** An item's task, or what is wrong with its key. */
type ReadItem = ReadTask | { readonly kind: "no-key"; readonly message: string };

/** @throws JsonBodyError if the text isn't JSON, and so the whole batch isn't. */
function readItem(text: string, caller: Caller, producer: ReadingProducer): ReadItem {
  const { maxPayloadBytes } = producer;
  if (Buffer.byteLength(text) > longestBody(producer)) return refused(sizeProblem(maxPayloadBytes));
  try {
    const { value, fields } = parseJsonText(text, NEW_TASK_LIMITS);
    const { idempotencyKey: key, ...body } = Object(value);
    if (key === undefined) return { kind: "no-key", message: "is missing" };
    if (typeof key !== "string" || !isIdempotencyKey(key)) return { kind: "no-key", message: IDEMPOTENCY_KEY_FORM };
    const requested = { body, payload: fields.get("payload"), key: { kind: "read", key: { text: key } } } as const;
    return readRequestedTask(requested, caller, producer);
  } catch (error) {
    if (!(error instanceof JsonBodyError) || (error.problems.length === 0 && !isJson(text))) throw error;
    return refused(bodyProblem(error));
  }
}

function withKeys(read: readonly ReadItem[]): ReadBatch {
  const problems = read.flatMap((item, index) =>
    item.kind === "no-key" ? [{ path: `tasks.${index}.idempotencyKey`, message: item.message }] : [],
  );
  if (problems.length > 0) return { kind: "refused", problem: inputProblem(problems.slice(0, MAX_PROBLEMS)) };
  return { kind: "read", tasks: read.filter((item) => item.kind !== "no-key") };
}

/** Consecutive items, in pieces of about `PIECE_LENGTH` characters. */
function piecesOf(items: readonly string[]): string[][] {
  const pieces: string[][] = [];
  let room = 0;
  for (const item of items) {
    if (room <= 0) {
      pieces.push([]);
      room = PIECE_LENGTH;
    }
    pieces.at(-1)?.push(item);
    room -= item.length;
  }
  return pieces;
}

function lengthOf(piece: readonly string[]): number {
  return piece.reduce((sum, { length }) => sum + length, 0);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function refused(problem: Problem): ReadTask {
  return { kind: "refused", problem };
}
