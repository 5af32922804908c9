import http from "node:http";
import { USER_AGENT } from "../dispatch/request/dispatch-headers.ts";
import { invalidArgument } from "../api/service-errors.ts";
import type { HttpMethod, HttpTarget, TokenRequest } from "../state/task.ts";
import type { WireHttpRequest } from "./wire.ts";

/** By their numbers in the proto. 0 is unspecified and means POST. */
export const HTTP_METHODS: readonly HttpMethod[] = ["POST", "POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"];

const METHODS_WITH_BODY: ReadonlySet<HttpMethod> = new Set(["POST", "PUT", "PATCH"]);

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#httprequest */
const MOST_URL_CHARACTERS = 2083;
const MOST_HEADER_BYTES = 80 * 1024;

/**
 * Parses the request that is to deliver a task.
 *
 * @param rules.httpsForTokens whether to refuse tokens for http:// targets, as the service does.
 * @throws RpcError INVALID_ARGUMENT in the service's words where they are known.
 */
export function parseHttpRequest(
  wire: WireHttpRequest,
  rules: { httpsForTokens: boolean },
): { target: HttpTarget; body: Uint8Array } {
  const url = parseUrl(wire.url ?? "");
  const method = parseMethod(wire.httpMethod);
  const token = parseToken(wire);
  if (token && rules.httpsForTokens && !url.startsWith("https://")) {
    throw invalidArgument(
      "HttpRequest.url must start with 'https://' for request with HttpRequest.authorization_header",
    );
  }
  const body = parseBody(wire.body, method);
  return { target: { url, method, headers: parseHeaders(wire.headers ?? {}), ...(token ? { token } : {}) }, body };
}

function parseUrl(url: string): string {
  if (url === "") throw invalidArgument("HttpRequest.url is required.");
  if (!/^https?:\/\//i.test(url)) throw invalidArgument("HttpTarget.url must start with 'http://' or 'https://'.");
  if (!URL.canParse(url)) throw invalidArgument("HttpRequest.url is not a valid URL.");
  if (new URL(url).href.length > MOST_URL_CHARACTERS) {
    throw invalidArgument(`HttpRequest.url must be at most ${MOST_URL_CHARACTERS} characters long.`);
  }
  return url;
}

function parseMethod(wire: WireHttpRequest["httpMethod"]): HttpMethod {
  const method = typeof wire === "string" ? HTTP_METHODS.find((known) => known === wire) : HTTP_METHODS[wire ?? 0];
  if (!method) throw invalidArgument("HttpRequest.http_method is not a known method.");
  return method;
}

function parseHeaders(headers: Readonly<Record<string, string>>): HttpTarget["headers"] {
  const own = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "user-agent");
  let bytes = 0;
  for (const [name, value] of own) {
    refuseUnsendable(name, value);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes >= MOST_HEADER_BYTES) throw invalidArgument("HttpRequest.headers must be smaller than 80KB.");
  return [["User-Agent", USER_AGENT], ...own];
}

/** A header that can't be sent would fail every delivery, so it is refused where its author notices. */
function refuseUnsendable(name: string, value: string): void {
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
  } catch {
    throw invalidArgument(`HttpRequest.headers has a name or a value that HTTP can't carry: ${JSON.stringify(name)}.`);
  }
}

function parseBody(wire: WireHttpRequest["body"], method: HttpMethod): Uint8Array {
  // Copied, since the decoded body is a view into the whole message; and not into Node's buffer pool, which a long-lived
  // body would keep alive. Either would hold several times the memory.
  const body = new Uint8Array(wire instanceof Uint8Array ? wire : []);
  if (body.length > 0 && !METHODS_WITH_BODY.has(method)) {
    throw invalidArgument("HttpRequest.body is only allowed with the HTTP methods POST, PUT and PATCH.");
  }
  return body;
}

function parseToken(wire: WireHttpRequest): TokenRequest | undefined {
  if (wire.oidcToken) {
    const email = requireEmail(wire.oidcToken.serviceAccountEmail, "HttpRequest.oidc_token");
    const { audience } = wire.oidcToken;
    return { kind: "oidc", email, ...(audience ? { audience } : {}) };
  }
  if (wire.oauthToken) {
    const email = requireEmail(wire.oauthToken.serviceAccountEmail, "HttpRequest.oauth_token");
    const { scope } = wire.oauthToken;
    return { kind: "oauth", email, ...(scope ? { scope } : {}) };
  }
  return undefined;
}

function requireEmail(email: string | null | undefined, field: string): string {
  if (!email) throw invalidArgument(`${field}.service_account_email is required.`);
  return email;
}
