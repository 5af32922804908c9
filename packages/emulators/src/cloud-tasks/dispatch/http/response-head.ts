/** What decides an attempt: the status line and the headers of a response. */
export interface ResponseHead {
  readonly status: number;
  /** Names and values in turn, as Node has them. */
  readonly rawHeaders: readonly string[];
}

/** A header's value. Undefined when it is missing. Most responses are asked for headers that they don't have. */
export function headerValue({ rawHeaders }: ResponseHead, name: string): string | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const each = rawHeaders[index] ?? "";
    if (each.length === name.length && each.toLowerCase() === name) return rawHeaders[index + 1];
  }
  return undefined;
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
    if (!isInformational) return { status, rawHeaders: head.slice(1).flatMap(readHeader) };
    lines = end === -1 ? [] : lines.slice(end + 1);
  }
}

/** None where there is no colon. */
function readHeader(line: string): string[] {
  const colon = line.indexOf(":");
  return colon < 1 ? [] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
