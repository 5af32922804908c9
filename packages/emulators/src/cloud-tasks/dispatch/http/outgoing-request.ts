import type { RequestOptions } from "node:http";
import { urlToHttpOptions } from "node:url";
import type { HeaderPairs } from "../../testing/delivered.ts";
import type { HttpMethod, HttpTarget } from "../../state/task.ts";

/** Where a request goes. */
export interface Address {
  readonly url: URL;
  readonly method: HttpMethod;
  /** Both of these, and how to read the response, as Node's HTTP client takes them. */
  readonly options: RequestOptions;
}

/** Node's parser refuses a response with more bytes of headers. Its status counts nevertheless. */
const MOST_HEADER_BYTES = 1024 * 1024;

/** Reads what RFC 9112 lets a recipient read, too, such as folded headers and lines that end in LF. */
const READING = { insecureHTTPParser: true, maxHeaderSize: MOST_HEADER_BYTES };

/** A request as it is sent. */
export interface OutgoingRequest {
  readonly address: Address;
  readonly headers: HeaderPairs;
  /** Empty when there is none. */
  readonly body: Uint8Array;
}

/** The address of a URL and a method. */
export function addressOf(url: URL, method: HttpMethod): Address {
  // No more than Node needs, since it copies the options of each request several times.
  const { hostname, port, path, auth } = urlToHttpOptions(url);
  const credentials = auth === undefined ? {} : { auth };
  return { url, method, options: { hostname, port, path, method, ...READING, ...credentials } };
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
