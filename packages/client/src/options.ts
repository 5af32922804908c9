import type { TokenSource } from "./tokens.ts";

export interface CallOptions {
  /** Ends the call, its tries and its waits; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ClientOptions {
  /** The producer's address, without a path. */
  readonly url: string | URL;
  /**
   * Makes the token that a request carries. Null: none. Default: Google's identity token for the producer, made by
   * google-auth-library from the application's own credentials, which needs Node; none with a producer on this machine.
   */
  readonly auth?: TokenSource | null;
  /**
   * The e-mail address of the person for whom all requests are sent, as the header Handoff-On-Behalf-Of: the producer then
   * applies that person's role. It takes the header from Handoff's console alone, and answers everybody else's with 403.
   * Default: the requests are those of the token's own account.
   */
  readonly onBehalfOf?: string | undefined;
  /** Sends requests. Default: the runtime's own fetch. */
  readonly fetch?: Fetch;
  /** How often and how long a call is tried. */
  readonly retry?: RetryLimits;
  /** The W3C trace context of the work at hand, if there is any, for the header `traceparent`. Default: none is sent. */
  readonly traceparent?: () => string | undefined;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * A call is tried again after 429, 502, 503 and 504, and when there was no response. It waits as long as Retry-After says,
 * otherwise 200 ms, then twice as long each time up to 10 s, each cut by a random part of up to half.
 */
export interface RetryLimits {
  /** How many tries a call has, the first included. Default: 6. */
  readonly tries?: number;
  /** When no further try is begun, in milliseconds from the first. Default: 60,000. */
  readonly totalMs?: number;
}
