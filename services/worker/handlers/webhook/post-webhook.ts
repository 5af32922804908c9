import type { LookupAddress } from "node:dns";
import type http from "node:http";
import { openRequest, ResponseLimitError } from "../../../../shared/http/bounded-request.ts";
import type { NameResolver } from "../../../../shared/network/name-resolver.ts";
import type { Clock } from "../../../../shared/runtime/clock.ts";
import type { DeliverySlots, SlotRequest } from "./delivery-slots.ts";
import { type Destination, type DestinationRules, findDestination, type NameFailure } from "./destination.ts";
import { addressKeys, domainKeys, hostKey } from "./slot-keys.ts";

export interface WebhookPost {
  readonly url: URL;
  /** The headers, made when the request is sent, so that its timestamp is right. */
  readonly headers: () => Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborts the request at once. */
  readonly signal: AbortSignal;
}

/** How requests reach the network. */
export interface Network {
  readonly clock: Clock;
  readonly resolve: NameResolver;
  readonly slots: DeliverySlots;
  /** How many deliveries to one host may be under way at a time. */
  readonly perHost: number;
  readonly rules: DestinationRules;
}

export type PostResult =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | undefined }
  /** Nothing was sent, since as many deliveries to the host as may be are under way. */
  | { readonly kind: "busy" }
  /** Nothing was sent, and nothing ever will be. */
  | Extract<Destination, { kind: "refused" }>
  | { readonly kind: "no-answer"; readonly code: NoAnswerCode };

/** Why there was no response, as a code for programs. */
export type NoAnswerCode =
  | NameFailure
  | "connection_closed"
  | "connection_refused"
  | "connection_timeout"
  | "host_unreachable"
  | "invalid_answer"
  | "response_timeout"
  | "tls_failed";

/** How long to wait until fewer deliveries to the host are under way. It leaves enough of an attempt's 30 s to send. */
const SLOT_WAIT_MS = 10_000;

/** Several hosts may share an address, as they do behind a CDN, or the name servers of a domain. */
const SHARED_FACTOR = 2;

/** How much of a response's body to read, out of courtesy to the sender. */
const MAX_DRAINED_BYTES = 64 * 1024;
const MAX_DRAIN_MS = 2_000;

/**
 * Sends one POST on its own connection and waits for the response's status. It reads and discards at most 64 KiB of the
 * body, for at most 2 s. Follows no redirects and uses no proxy. Never throws.
 *
 * Before that it waits up to 10 s in all for slots. Names cost nothing, so hosts are counted by what they share, too:
 *
 *     host's slot ──▶ domain's slot ──▶ lookup and checks ──▶ addresses' slots ──▶ POST ──▶ status
 *          │                └── given back ───┘                   └────── given back ────────┤
 *          └────────────────────────────── given back ───────────────────────────────────────┘
 */
export async function postWebhook(post: WebhookPost, network: Network): Promise<PostResult> {
  const { url, signal } = post;
  const { clock, slots, perHost } = network;
  const waitUntilMs = clock.now() + SLOT_WAIT_MS;

  async function withSlots<Result>(
    { keys, perKey }: Pick<SlotRequest, "keys" | "perKey">,
    run: () => Promise<Result>,
  ): Promise<Result | PostResult> {
    const leave = await slots.take({ keys, perKey, deadline: { clock, timeoutMs: waitUntilMs - clock.now(), signal } });
    if (!leave) return signal.aborted ? { kind: "no-answer", code: "aborted" } : { kind: "busy" };
    try {
      return await run();
    } finally {
      leave();
    }
  }

  const shared = perHost * SHARED_FACTOR;
  return await withSlots({ keys: [hostKey(url)], perKey: perHost }, async () => {
    const destination = await withSlots({ keys: domainKeys(url), perKey: shared }, () =>
      findDestination(url, { ...network, signal }),
    );
    if (destination.kind !== "found") return destination;
    const { addresses } = destination;
    return await withSlots({ keys: addressKeys(url, addresses), perKey: shared }, () => send(post, addresses, clock));
  });
}

function send(post: WebhookPost, addresses: readonly LookupAddress[], clock: Clock): Promise<PostResult> {
  const { url, headers, body, signal } = post;
  const { promise, resolve } = Promise.withResolvers<PostResult>();
  let result: PostResult = { kind: "no-answer", code: "connection_closed" };
  const options = { method: "POST", headers: headers(), addresses, signal, maxBodyBytes: MAX_DRAINED_BYTES } as const;
  const request = openRequest(url, options);
  request.once("response", (response) => {
    // A response that was read together with what exceeded a limit comes too late.
    if (request.destroyed) return;
    result = answerOf(response);
    drain(response, request, clock);
  });
  request.on("error", (error) => {
    if (result.kind !== "answered") result = { kind: "no-answer", code: codeOf(error, signal) };
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
  const timer = clock.setTimer(MAX_DRAIN_MS, () => request.destroy());
  request.once("close", () => timer.cancel());
  response.on("error", () => request.destroy());
  response.resume();
}

const NO_ANSWER_CODES = new Map<string, NoAnswerCode>([
  ["ECONNREFUSED", "connection_refused"],
  ["ECONNRESET", "connection_closed"],
  ["EHOSTUNREACH", "host_unreachable"],
  ["ENETUNREACH", "host_unreachable"],
  ["EPIPE", "connection_closed"],
  ["ETIMEDOUT", "connection_timeout"],
]);

function codeOf(error: NodeJS.ErrnoException, signal: AbortSignal): NoAnswerCode {
  if (signal.aborted) return "aborted";
  if (error instanceof ResponseLimitError) return "invalid_answer";
  return NO_ANSWER_CODES.get(error.code ?? "") ?? familyOf(error.code ?? "");
}

/** OpenSSL and the HTTP parser have too many error codes to list. */
function familyOf(code: string): NoAnswerCode {
  if (/^(HPE_|ERR_HTTP_)/.test(code)) return "invalid_answer";
  return /^(CERT_|CRL_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)|^EPROTO$|^HOSTNAME_MISMATCH$/.test(code)
    ? "tls_failed"
    : "network_error";
}
