import type { RequestOptions } from "node:http";
import { urlToHttpOptions } from "node:url";
import type { HeaderPairs } from "../../testing/delivered.ts";
import type { HttpMethod, HttpTarget } from "../../state/task.ts";

/** Where a request goes. */
export interface Address {
  readonly url: URL;
  readonly method: HttpMethod;
  /** Both of these, as Node's HTTP client takes them. */
  readonly options: RequestOptions;
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
  return { url, method, options: { ...urlToHttpOptions(url), method } };
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
