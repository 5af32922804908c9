import type { HeaderPairs } from "../../testing/delivered.ts";
import { type OutgoingRequest, addressOf } from "./outgoing-request.ts";
import { type ResponseHead, headerValue } from "./response-head.ts";

/**
 * How many redirects of one delivery are followed, as by Google's URL Fetch
 * (https://cloud.google.com/appengine/docs/legacy/standard/python/refdocs/google.appengine.api.urlfetch). The response to
 * the last request then counts, whatever it is.
 */
export const MAX_REDIRECTS = 5;

/** These become a GET without a body; 307 and 308 repeat the request as it was (RFC 9110, section 15.4). */
const BECOMES_GET: ReadonlySet<number> = new Set([301, 302, 303]);
const REPEATS: ReadonlySet<number> = new Set([307, 308]);

const NO_BODY = new Uint8Array();

/**
 * The request that a response redirects to. Undefined when it isn't a redirect, or leads nowhere that HTTP can reach.
 *
 * Recorded of the service: 302 makes a POST a GET, and a redirect without Location is a response like any other. The rest
 * is what URL Fetch does: 301 and 303 act like 302, every method but GET and HEAD becomes a GET. Tokens, cookies and other
 * credentials don't go to another origin.
 */
export function redirectedRequest(request: OutgoingRequest, response: ResponseHead): OutgoingRequest | undefined {
  const { status } = response;
  if (!BECOMES_GET.has(status) && !REPEATS.has(status)) return undefined;
  const location = headerValue(response, "location");
  const from = request.address;
  const url = location === undefined ? null : URL.parse(location, from.url.href);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const toGet = BECOMES_GET.has(status) && from.method !== "GET" && from.method !== "HEAD";
  const isElsewhere = url.origin !== from.url.origin;
  return {
    address: addressOf(url, toGet ? "GET" : from.method),
    headers: keptHeaders(request.headers, { toGet, isElsewhere }),
    body: toGet ? NO_BODY : request.body,
  };
}

const OF_A_BODY = /^content-/i;
const CREDENTIALS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

function keptHeaders(headers: HeaderPairs, hop: { toGet: boolean; isElsewhere: boolean }): HeaderPairs {
  return headers.filter(([name]) => {
    if (hop.toGet && OF_A_BODY.test(name)) return false;
    return !(hop.isElsewhere && CREDENTIALS.has(name.toLowerCase()));
  });
}
