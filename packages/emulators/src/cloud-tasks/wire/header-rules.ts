import { USER_AGENT } from "../dispatch/request/dispatch-headers.ts";
import { invalidArgument } from "../api/service-errors.ts";

type Header = readonly [name: string, value: string];

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#httprequest */
const MAX_HEADER_BYTES = 80 * 1024;

/** A longer header is left out, as recorded: with a colon, a space and a line break it has 8 KiB. */
const MAX_CHARACTERS = 8188;

/** Headers that the service sets itself, or that concern the connection, as recorded. */
const RESERVED = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "from",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
  "x-forwarded-for",
]);

const NAME = /^[\u0021-\u0039\u003B-\u007E]+$/;
const VALUE = /^[\t\u0020-\u007E]+$/;

/**
 * The headers of a task as the service stores them, in their original case, with its own User-Agent: without those that
 * are reserved, empty, too long, or impossible; line breaks in values are underscores, and a NUL ends a value.
 *
 * @throws RpcError INVALID_ARGUMENT when they have 80 KB or more.
 */
export function storedHeaders(headers: Readonly<Record<string, string>>): Header[] {
  const own = Object.entries(headers).flatMap(([name, value]): Header[] => {
    const cleaned = cleanValue(value);
    return isReserved(name) || !NAME.test(name) || !isValue(name, cleaned) ? [] : [[name, cleaned]];
  });
  const bytes = own.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (bytes >= MAX_HEADER_BYTES) throw invalidArgument("HttpRequest.headers must be smaller than 80KB.");
  return [["User-Agent", USER_AGENT], ...own];
}

/** The names that no header of a queue's target can have: empty, impossible, or reserved. */
export function invalidOverrides(names: readonly string[]): string[] {
  return names.filter((name) => !NAME.test(name) || isReserved(name) || /^x-cloudtasks-/i.test(name));
}

/** The value that can be sent: line breaks are underscores, and a NUL ends it. */
export const cleanValue = (value: string): string => (value.split("\0", 1)[0] ?? "").replaceAll(/[\r\n]/g, "_");

const isValue = (name: string, value: string): boolean =>
  VALUE.test(value) && name.length + value.length <= MAX_CHARACTERS;

function isReserved(name: string): boolean {
  const lower = name.toLowerCase();
  return RESERVED.has(lower) || lower.startsWith("x-google") || lower.startsWith("x-appengine");
}
