import http from "node:http";
import https from "node:https";
import type { Clock } from "../../../../shared/runtime/clock.ts";
import { anyLookup, namesRefusedAddress, publicLookup, RefusedAddressError, type Resolve } from "./public-address.ts";

export interface WebhookPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborts the request at once. */
  readonly signal: AbortSignal;
}

/** How requests reach the network. */
export interface Network {
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly allowPrivateAddresses: boolean;
}

export type PostResult =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | undefined }
  /** Nothing was sent: the host isn't on the public Internet. */
  | { readonly kind: "refused" }
  | { readonly kind: "no-answer"; readonly code: NoAnswerCode };

/** Why there was no response, as a code for programs. */
export type NoAnswerCode =
  | "aborted"
  | "connection_closed"
  | "connection_refused"
  | "connection_timeout"
  | "host_unreachable"
  | "invalid_answer"
  | "name_not_found"
  | "network_error"
  | "tls_failed";

/** How much of a response's body to read, out of courtesy to the sender. */
const MAX_DRAINED_BYTES = 64 * 1024;
const MAX_DRAIN_MS = 2_000;

/**
 * Sends one POST on its own connection and waits for the response's status. It reads and discards at most 64 KiB of the
 * body, for at most 2 s. Follows no redirects and uses no proxy. Never throws.
 */
export function postWebhook(post: WebhookPost, network: Network): Promise<PostResult> {
  const { url, headers, body, signal } = post;
  if (!network.allowPrivateAddresses && namesRefusedAddress(url)) return Promise.resolve({ kind: "refused" });

  const lookup = (network.allowPrivateAddresses ? anyLookup : publicLookup)(network.resolve);
  const { promise, resolve } = Promise.withResolvers<PostResult>();
  let result: PostResult = { kind: "no-answer", code: "connection_closed" };
  const open = url.protocol === "https:" ? https.request : http.request;
  const request = open(url, { method: "POST", headers, agent: false, signal, lookup });
  request.once("response", (response) => {
    result = answerOf(response);
    drain(response, request, network.clock);
  });
  request.on("error", (error) => {
    if (result.kind !== "answered") result = failureOf(error, signal);
  });
  request.once("close", () => resolve(result));
  request.end(body);
  return promise;
}

function answerOf(response: http.IncomingMessage): PostResult {
  return { kind: "answered", status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] };
}

/** Reads the response's body to its end or a limit, whichever comes first, then closes the connection. */
function drain(response: http.IncomingMessage, request: http.ClientRequest, clock: Clock): void {
  let bytes = 0;
  const timer = clock.setTimer(MAX_DRAIN_MS, () => request.destroy());
  request.once("close", () => timer.cancel());
  response.on("error", () => request.destroy());
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_DRAINED_BYTES) request.destroy();
  });
}

const NO_ANSWER_CODES = new Map<string, NoAnswerCode>([
  ["EAI_AGAIN", "name_not_found"],
  ["ECONNREFUSED", "connection_refused"],
  ["ECONNRESET", "connection_closed"],
  ["EHOSTUNREACH", "host_unreachable"],
  ["ENETUNREACH", "host_unreachable"],
  ["ENODATA", "name_not_found"],
  ["ENOTFOUND", "name_not_found"],
  ["EPIPE", "connection_closed"],
  ["ETIMEDOUT", "connection_timeout"],
]);

function failureOf(error: NodeJS.ErrnoException, signal: AbortSignal): PostResult {
  if (error instanceof RefusedAddressError) return { kind: "refused" };
  if (signal.aborted) return { kind: "no-answer", code: "aborted" };
  return { kind: "no-answer", code: NO_ANSWER_CODES.get(error.code ?? "") ?? familyOf(error.code ?? "") };
}

/** OpenSSL and the HTTP parser have too many error codes to list. */
function familyOf(code: string): NoAnswerCode {
  if (/^(HPE_|ERR_HTTP_)/.test(code)) return "invalid_answer";
  return /^(CERT_|CRL_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)|^EPROTO$|^HOSTNAME_MISMATCH$/.test(code)
    ? "tls_failed"
    : "network_error";
}
