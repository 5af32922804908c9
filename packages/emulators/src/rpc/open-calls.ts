import type http from "node:http";

/** Knows whether any call over gRPC or HTTP is in progress. */
export class OpenCalls {
  readonly #idle: (() => void)[] = [];
  #open = 0;

  /** A call has begun. */
  began(): void {
    this.#open++;
  }

  /** A call has ended. */
  ended(): void {
    if (--this.#open === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Counts an HTTP request until its response has been sent. */
  count(response: http.ServerResponse): void {
    this.began();
    response.once("close", () => this.ended());
  }

  /** Resolves when no call is in progress. */
  untilIdle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}
