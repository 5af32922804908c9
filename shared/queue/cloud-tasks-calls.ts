import { status } from "@grpc/grpc-js";

/** The client may repeat a call that changes nothing more the second time, but only while somebody is waiting for it. */
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

/** The status code of what a call was rejected with. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
