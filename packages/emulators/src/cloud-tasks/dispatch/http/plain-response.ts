import type { HttpMethod } from "../../state/task.ts";
import type { ResponseHead } from "./response-head.ts";

/** A response whose body has come, too. */
interface WholeResponse {
  readonly head: ResponseHead;
  readonly body: Uint8Array;
}

/** A larger body isn't kept as a whole. */
const MAX_BODY_BYTES = 16 * 1024;

const NO_BODY = new Uint8Array();
const END = "\r\n\r\n";
const STATUS_LINE = /^HTTP\/1\.1 ([2-5]\d\d) [\t\u0020-\u007E\u0080-\u00FF]*$/;
const HEADER = /^([\w!#$%&'*+.^`|~-]+):([\t\u0020-\u007E\u0080-\u00FF]*)$/;

/**
 * Reads what nearly every target sends: a final response that has come in one piece, with nothing in its head or its
 * framing that could be read in two ways.
 *
 * @param bytes what has come.
 * @returns undefined for all others, which Node's parser is to read.
 */
export function readPlainResponse(bytes: Buffer, method: HttpMethod): WholeResponse | undefined {
  const text = bytes.toString("latin1");
  const end = text.indexOf(END);
  if (end === -1) return undefined;
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(STATUS_LINE.exec(first)?.[1]);
  const rawHeaders = Number.isNaN(status) ? undefined : readHeaders(lines);
  if (!rawHeaders) return undefined;
  const length = bodyLength({ status, rawHeaders }, method);
  const from = end + END.length;
  if (length === undefined || bytes.length !== from + length || length > MAX_BODY_BYTES) return undefined;
  // Copied out of Node's buffer pool, which it would keep alive.
  return { head: { status, rawHeaders }, body: length === 0 ? NO_BODY : new Uint8Array(bytes.subarray(from)) };
}

/** Names and values in turn. Undefined when there is anything else. */
function readHeaders(lines: readonly string[]): string[] | undefined {
  const raw: string[] = [];
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    raw.push(name, withoutSpaceAround(value));
  }
  return raw;
}

/** By hand: for a regular expression, a long row of spaces would take the square of its length. */
function withoutSpaceAround(value: string): string {
  let [from, to] = [0, value.length];
  while (from < to && isSpace(value.charCodeAt(from))) from++;
  while (to > from && isSpace(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

/** Undefined when it isn't certain (RFC 9112, section 6.3). */
function bodyLength({ status, rawHeaders }: ResponseHead, method: HttpMethod): number | undefined {
  let length: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase();
    if (name === "transfer-encoding" || name === "upgrade") return undefined;
    if (name !== "content-length") continue;
    if (length !== undefined) return undefined;
    length = rawHeaders[index + 1];
  }
  if (length !== undefined && !/^\d{1,9}$/.test(length)) return undefined;
  if (method === "HEAD" || status === 204 || status === 304) return 0;
  return length === undefined ? undefined : Number(length);
}
