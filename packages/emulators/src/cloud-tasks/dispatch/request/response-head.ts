import type { HeaderPairs } from "../../testing/delivered.ts";

/** What decides an attempt: the status line and the headers of a response. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderPairs;
}

/** A header's value. Undefined when it is missing. */
export function headerValue(headers: HeaderPairs, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}

const STATUS_LINE = /^HTTP\/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)/i;

/**
 * Reads the head of a response that Node's parser refuses, such as one with two Content-Lengths, or with a line that isn't
 * a header. The target has answered all the same, and Cloud Tasks looks at the status.
 *
 * Informational responses before it are skipped.
 *
 * @param received the bytes that had come when the parser gave up, which may end within the headers.
 * @returns undefined when they don't begin with a status line.
 */
export function readResponseHead(received: Uint8Array): ResponseHead | undefined {
  // As Node reads headers: a byte is a character.
  let lines = Buffer.from(received)
    .toString("latin1")
    .trimStart()
    .split(/\r\n|\n|\r/);
  for (;;) {
    const status = Number(STATUS_LINE.exec(lines[0] ?? "")?.[1]);
    if (Number.isNaN(status)) return undefined;
    const end = lines.indexOf("");
    const head = end === -1 ? lines : lines.slice(0, end);
    const isInformational = status >= 100 && status < 200 && status !== 101;
    if (!isInformational) return { status, headers: head.slice(1).flatMap(readHeader) };
    lines = end === -1 ? [] : lines.slice(end + 1);
  }
}

/** None where there is no colon. */
function readHeader(line: string): HeaderPairs {
  const colon = line.indexOf(":");
  return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
}
