import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type http from "node:http";
import { RpcCode } from "./rpc-error.ts";

/** Says why a gRPC call is refused, if it is. The host is its authority. */
export type CallGuard = (call: { readonly host: string; readonly metadata: Metadata }) => string | undefined;

/** Knows whether any call over gRPC or HTTP is in progress. */
export class OpenCalls {
  readonly #idle: (() => void)[] = [];
  #open = 0;

  /**
   * Counts gRPC calls from their headers to their status. It guards them, too, since a second interceptor would slow each
   * call down measurably.
   */
  interceptor(guard: CallGuard): ServerInterceptor {
    return (_method, call) => {
      const end = this.#begin();
      return new ServerInterceptingCall(call, {
        start(next) {
          next({
            onReceiveMetadata(metadata, pass) {
              const refusal = guard({ host: call.getHost(), metadata });
              if (refusal === undefined) {
                pass(metadata);
                return;
              }
              call.sendStatus({ code: RpcCode.PERMISSION_DENIED, details: refusal });
              end();
            },
            onCancel: end,
          });
        },
        sendStatus(status, next) {
          next(status);
          end();
        },
      });
    };
  }

  /** Counts an HTTP request until its response has been sent. */
  count(response: http.ServerResponse): void {
    response.once("close", this.#begin());
  }

  /** Resolves when no call is in progress. */
  untilIdle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #begin(): () => void {
    this.#open++;
    let isOpen = true;
    return () => {
      if (isOpen && --this.#open === 0) for (const resolve of this.#idle.splice(0)) resolve();
      isOpen = false;
    };
  }
}
