import { keptCopy } from "../state/kept-copy.ts";
import { invalidArgument } from "../api/service-errors.ts";
import type { HttpMethod, HttpTarget, TokenRequest } from "../state/task.ts";
import { storedHeaders } from "./header-rules.ts";
import { HTTP_METHODS, allowsBody } from "./http-methods.ts";
import { checkToken, storedToken, tokenFromWire } from "./token-wire.ts";
import type { WireHttpRequest } from "./wire.ts";

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#httprequest */
const MAX_URL_CHARACTERS = 2083;

/**
 * Parses the request that is to deliver a task.
 *
 * @param rules.httpsForTokens whether to refuse tokens for http:// targets, as the service does.
 * @param rules.queueToken the token of the queue's target, which replaces the task's own.
 * @throws RpcError INVALID_ARGUMENT in the service's words where they are known.
 */
export function parseHttpRequest(
  wire: WireHttpRequest,
  rules: { httpsForTokens: boolean; queueToken?: TokenRequest },
): { target: HttpTarget; body: Uint8Array } {
  const url = parseUrl(wire.url ?? "");
  const own = tokenFromWire(wire);
  if (own) checkToken(own);
  const token = rules.queueToken ?? own;
  if (token && rules.httpsForTokens && !url.startsWith("https://")) {
    throw invalidArgument(
      "HttpRequest.url must start with 'https://' for request with HttpRequest.authorization_header",
    );
  }
  const method = parseMethod(wire.httpMethod);
  const body = parseBody(wire.body, method);
  const headers = storedHeaders(wire.headers ?? {});
  return { target: { url, method, headers, ...(token ? { token: storedToken(token, url) } : {}) }, body };
}

const NO_BODY = new Uint8Array();

/** The last valid URL. Most tasks in a row have the same, and parsing it takes longer than all other checks. */
let lastValid = "";

function parseUrl(url: string): string {
  if (url !== lastValid) checkUrl(url);
  lastValid = url;
  return url;
}

function checkUrl(url: string): void {
  if (url === "") throw invalidArgument("HttpRequest.url is required.");
  if (!/^https?:\/\//i.test(url)) throw invalidArgument("HttpTarget.url must start with 'http://' or 'https://'.");
  const parsed = URL.parse(url);
  if (!parsed) throw invalidArgument("HttpRequest.url is not a valid URL.");
  if (parsed.href.length > MAX_URL_CHARACTERS) {
    throw invalidArgument(`HttpRequest.url must be at most ${MAX_URL_CHARACTERS} characters long.`);
  }
}

/** A number that no method has is POST, as recorded. */
function parseMethod(wire: WireHttpRequest["httpMethod"]): HttpMethod {
  const method = typeof wire === "string" ? HTTP_METHODS.find((known) => known === wire) : HTTP_METHODS[wire ?? 0];
  return method ?? "POST";
}

function parseBody(wire: WireHttpRequest["body"], method: HttpMethod): Uint8Array {
  // Copied, since the decoded body is a view into the whole message.
  const body = wire instanceof Uint8Array && wire.length > 0 ? keptCopy(wire) : NO_BODY;
  if (body.length > 0 && !allowsBody(method)) {
    throw invalidArgument("Body can only be set if the http_method is POST, PUT, or PATCH.");
  }
  return body;
}
