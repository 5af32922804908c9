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
   * How long to wait after an attempt that failed, in milliseconds: `firstMs` after the first, then `factor` times longer
   * each time, at most `maxMs`. Missing if the queue chooses.
   */
  readonly backoff?: { readonly firstMs: number; readonly factor: number; readonly maxMs: number };
  /** As JSON Schema. */
  readonly payloadSchema: Readonly<Record<string, unknown>>;
}

/** What happened within a minute. */
export interface ThroughputMinute {
  /** Its beginning, as RFC 3339. */
  readonly minute: string;
  readonly enqueued: number;
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
}

/** Who the producer takes the caller for. */
export interface Me {
  readonly email: string;
  readonly role: string;
  /** The task types that it may create. Missing: all that its role allows. */
  readonly types?: readonly string[];
  readonly actions: readonly string[];
}
