/** Headers as they were sent, in their original case. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** A response. Its body is cut off after 16 KiB. */
export interface Answered {
  readonly kind: "answered";
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
  readonly retryAfterMs?: number;
}

/** How a delivery ended. */
export type Delivered =
  | Answered
  /** No response within the dispatch deadline. The worker may still be working on it. */
  | { readonly kind: "timeout" }
  /** No connection, or one that broke before the response was complete. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The emulator stopped or was reset. */
  | { readonly kind: "aborted" };
