import { urlToHttpOptions } from "node:url";
import { validateHeaderName, validateHeaderValue } from "../../../kernel/node-http.ts";
import type { HeaderPairs } from "../../testing/delivered.ts";
import type { HttpMethod, HttpTarget } from "../../state/task.ts";
import { allowsBody } from "../../wire/http-methods.ts";

/** Where a request goes. */
export interface Address {
  readonly url: URL;
  readonly method: HttpMethod;
  /** Where its connections go, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly isSecure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** How every request begins: with its first line and the header Host. */
  readonly start: string;
  /** The header Authorization for the name and the password in the URL. */
  readonly credentials?: string;
}

/** A request as it is sent. */
export interface OutgoingRequest {
  readonly address: Address;
  readonly headers: HeaderPairs;
  /** Empty when there is none. */
  readonly body: Uint8Array;
}

/** The address of a URL and a method. */
export function addressOf(url: URL, method: HttpMethod): Address {
  const { path, auth } = urlToHttpOptions(url);
  const isSecure = url.protocol === "https:";
  return {
    url,
    method,
    origin: url.origin,
    isSecure,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port) || (isSecure ? 443 : 80),
    start: `${method} ${path ?? "/"} HTTP/1.1\r\nHost: ${url.host}\r\n`,
    ...(auth ? { credentials: `Basic ${Buffer.from(auth).toString("base64")}` } : {}),
  };
}

/** Many tasks share a target, so its URL is parsed once. */
const addresses = new WeakMap<HttpTarget, Address>();

/** The address of a task's target. */
export function targetAddress(target: HttpTarget): Address {
  const known = addresses.get(target);
  if (known) return known;
  const address = addressOf(new URL(target.url), target.method);
  addresses.set(target, address);
  return address;
}

/**
 * A request in one piece: a second write would cost a tenth of a delivery.
 *
 * @throws TypeError when a header can't be sent.
 */
export function encodeRequest({ address, headers, body }: OutgoingRequest): Buffer {
  let head = address.start;
  const own = new Map<string, string>();
  // The last of several that differ only in their case.
  for (const [name, value] of headers) own.set(name.toLowerCase(), headerLine(name, value));
  if (address.credentials !== undefined && !own.has("authorization")) {
    head += headerLine("Authorization", address.credentials);
  }
  for (const line of own.values()) head += line;
  head += "Connection: keep-alive\r\n";
  if (allowsBody(address.method)) head += `Content-Length: ${body.length}\r\n`;
  head += "\r\n";
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, "latin1");
  bytes.set(body, head.length);
  return bytes;
}

/** Names that were found valid. Tasks have few different ones. */
const validNames = new Set<string>();
const MAX_VALID_NAMES = 1000;

function headerLine(name: string, value: string): string {
  if (!validNames.has(name)) {
    validateHeaderName(name);
    if (validNames.size >= MAX_VALID_NAMES) validNames.clear();
    validNames.add(name);
  }
  validateHeaderValue(name, value);
  return `${name}: ${value}\r\n`;
}
