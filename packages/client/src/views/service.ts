/** A task type, as the producer knows it. */
export interface TaskTypeInfo {
  readonly type: string;
  readonly queue: string;
  readonly idempotency: "natural" | "transaction" | "claim";
  /** The handler's time limit, in milliseconds. */
  readonly timeoutMs: number;
  /** Attempts before the task becomes a dead letter. */
  readonly attempts: number;
  /**
   * How long to wait after a failed attempt, in milliseconds: `firstMs` after the first, then `factor` times longer
   * each time, at most `maxMs`. Missing if the queue decides.
   */
  readonly backoff?: { readonly firstMs: number; readonly factor: number; readonly maxMs: number };
  /** As JSON Schema. */
  readonly payloadSchema: Readonly<Record<string, unknown>>;
}

/** The counts of one minute. */
export interface ThroughputMinute {
  /** The start of the minute, as RFC 3339. */
  readonly minute: string;
  readonly enqueued: number;
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
}

/** The account that the producer identifies as the caller. */
export interface Me {
  readonly email: string;
  readonly role: string;
  /** The task types that it may create. Missing: all types that its role allows. */
  readonly types?: readonly string[];
  readonly actions: readonly string[];
}
