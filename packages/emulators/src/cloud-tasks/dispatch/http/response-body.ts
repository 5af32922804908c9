import type http from "node:http";
import type { ResponseHead } from "./response-head.ts";

/** How much of a response's body to keep. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * How long to wait for the rest of a response once its status is known, by the wall clock, so that the history has the
 * body of nearly every response. It is less than a virtual clock's patience.
 */
const BODY_WAIT_MS = 500;

/** How long a response that is still coming after that may go on, so that its handler isn't interrupted. */
const MAX_DRAIN_MS = 600_000;

const NO_BODY = new Uint8Array();

/**
 * Reads a response's body, and calls back with what is kept of it: at its end, wherever that is, or when it takes too
 * long. It may call back again, which changes nothing. By events, since an iterator would slow deliveries down measurably.
 *
 * @returns a function that calls back at once.
 */
export function collectResponse(
  request: http.ClientRequest,
  response: http.IncomingMessage,
  end: (body: Uint8Array) => void,
): () => void {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let isFinished = false;
  const finish = (): void => {
    isFinished = true;
    clearTimeout(wait);
    // Copied out of Node's buffer pool, which it would keep alive.
    const body =
      chunks.length === 0 ? NO_BODY : new Uint8Array(Buffer.concat(chunks.splice(0)).subarray(0, MAX_BODY_BYTES));
    end(body);
  };
  let wait: NodeJS.Timeout | undefined;
  let drain: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    bytes = MAX_BODY_BYTES;
    finish();
    drain = setTimeout(() => request.destroy(), MAX_DRAIN_MS).unref();
  };
  // Most responses have come as a whole by then, and need no timer.
  process.nextTick(() => {
    if (!isFinished && !response.complete) wait = setTimeout(giveUp, BODY_WAIT_MS);
  });
  response.on("data", (chunk: Buffer) => {
    if (bytes < MAX_BODY_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  response.on("end", finish);
  response.on("error", finish);
  response.on("close", () => {
    clearTimeout(drain);
    finish();
  });
  return finish;
}

/** The head of a response that Node's parser has read. */
export function headOf({ statusCode = 0, rawHeaders }: http.IncomingMessage): ResponseHead {
  return { status: statusCode, rawHeaders };
}
