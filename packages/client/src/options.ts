import type { TokenSource } from "./tokens.ts";

export interface CallOptions {
  /** Ends the call with its tries and waits; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ClientOptions {
  /** The producer's address, without a path. */
  readonly url: string | URL;
  /**
   * Creates the token that each request carries. Null: none. Default: Google's identity token for the producer, from
   * google-auth-library with the application's own credentials, which needs Node; none for a producer on this machine.
   */
  readonly auth?: TokenSource | null;
  /**
   * The e-mail address of the person for whom all requests are sent, as the header Handoff-On-Behalf-Of: the producer
   * then applies that person's role. It accepts the header from Handoff's console only, and answers 403 to anybody
   * else. Default: requests are made for the token's own account.
   */
  readonly onBehalfOf?: string | undefined;
  /** Sends requests. Default: the runtime's own fetch. */
  readonly fetch?: Fetch;
  /** How often and how long a call is tried. */
  readonly retry?: RetryLimits;
  /** Returns the current work's W3C trace context, if any, for the `traceparent` header. Default: none is sent. */
  readonly traceparent?: () => string | undefined;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * A call is retried after 408, 429, 502, 503 and 504, and if there was no response. The wait is as long as Retry-After says;
 * otherwise it is 200 ms, then doubles up to 10 s, each time less a random part of up to half.
 */
export interface RetryLimits {
  /** The total number of tries per call. Default: 6. */
  readonly tries?: number;
  /** No try begins later than this after the first, in milliseconds. Default: 60,000. */
  readonly totalMs?: number;
}
