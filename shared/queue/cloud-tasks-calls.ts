import { status } from "@grpc/grpc-js";

/** Options for idempotent calls: the client may retry them, but only while the caller waits. */
export function repeatable(timeoutMs: number) {
  return {
    retry: {
      retryCodes: [status.UNAVAILABLE],
      backoffSettings: {
        initialRetryDelayMillis: 100,
        retryDelayMultiplier: 2,
        maxRetryDelayMillis: 1_000,
        initialRpcTimeoutMillis: timeoutMs,
        rpcTimeoutMultiplier: 1,
        maxRpcTimeoutMillis: timeoutMs,
        totalTimeoutMillis: timeoutMs,
      },
    },
  };
}

/** The status code of the error that a call rejected with. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
