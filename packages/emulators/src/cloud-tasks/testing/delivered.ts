/** Headers as they came or went, with their casing. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** An answer, whole but for what of its body is beyond 16 KiB. */
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
  /** No answer within the dispatch deadline. The worker may go on with it. */
  | { readonly kind: "timeout" }
  /** No connection, or one that broke before the answer was whole. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** Given up because the emulator stops. */
  | { readonly kind: "aborted" };
