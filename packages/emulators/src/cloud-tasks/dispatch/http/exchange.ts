import type { ConnectionPool } from "./connection-pool.ts";
import type { Look } from "./look.ts";
import { type OutgoingRequest, encodeRequest } from "./outgoing-request.ts";
import { type ParsedResponse, parseResponse } from "./parsed-response.ts";
import { readPlainResponse } from "./plain-response.ts";
import type { ResponseHead } from "./response-head.ts";
import type { ConnectionUser, TargetConnection } from "./target-connection.ts";

/**
 * How to send a request: normally; or, for a fault, resetting the connection before anything is sent, or timing out as
 * soon as the request is sent, while the worker continues.
 */
export type Manner = "normal" | "reset" | "timeout";

/** How an exchange ended: with a response, or without one. */
export type Exchanged =
  | { readonly kind: "response"; readonly head: ResponseHead; readonly body: Uint8Array }
  | { readonly kind: "failure"; readonly error: Error }
  /** Only in the manner `timeout`. */
  | { readonly kind: "sent" };

export interface ExchangeOptions {
  readonly pool: ConnectionPool;
  readonly look: Look;
  readonly manner: Manner;
  /** Called once, unless the exchange is ended first. */
  readonly onEnd: (exchanged: Exchanged) => void;
}

/** An exchange in progress. */
export interface Exchange {
  /** Ends it: with the status if that has been decided, otherwise without calling back. */
  end(): void;
}

/**
 * Sends a request and reads the response.
 *
 * @throws TypeError when a header can't be sent.
 */
export function startExchange(request: OutgoingRequest, options: ExchangeOptions): Exchange {
  const exchange = new RunningExchange(request, options);
  exchange.begin(options.pool.take(request.address));
  return exchange;
}

class RunningExchange implements Exchange, ConnectionUser {
  readonly #request: OutgoingRequest;
  readonly #options: ExchangeOptions;
  readonly #bytes: Buffer;
  #connection: TargetConnection | undefined;
  /** Whether the connection was kept, and nothing has left this machine, so that no server can have seen the request. */
  #canBeginAgain = false;
  #parsed: ParsedResponse | undefined;
  #isOver = false;

  constructor(request: OutgoingRequest, options: ExchangeOptions) {
    this.#request = request;
    this.#options = options;
    this.#bytes = encodeRequest(request);
  }

  /** A kept connection is looked at first. A new one isn't closed by an idle server. */
  begin(kept: TargetConnection | undefined): void {
    const { manner, look, pool } = this.#options;
    const connection = kept ?? pool.open(this.#request.address);
    this.#connection = connection;
    this.#canBeginAgain = kept !== undefined && manner === "normal";
    connection.use(this);
    if (manner === "reset") connection.reset();
    else if (kept) look(() => this.#send(connection));
    else this.#send(connection);
  }

  received(bytes: Buffer): void {
    const { address } = this.#request;
    const whole = this.#parsed ? undefined : readPlainResponse(bytes, address.method);
    if (!whole) {
      this.#parsed ??= this.#parse();
      this.#parsed?.received(bytes);
      return;
    }
    this.#release(whole.head);
    this.#end({ kind: "response", ...whole });
  }

  ended(): void {
    if (this.#parsed) this.#parsed.ended();
    else this.failed(new Error("socket hang up"));
  }

  failed(error: Error): void {
    if (this.#parsed) {
      this.#parsed.failed(error);
    } else if (this.#canBeginAgain && !this.#isOver) {
      this.#leave()?.destroy();
      this.begin(undefined);
    } else {
      this.#leave()?.destroy();
      this.#end({ kind: "failure", error });
    }
  }

  end(): void {
    this.#parsed?.finishBody();
    this.#isOver = true;
    this.#connection?.destroy();
  }

  #send(connection: TargetConnection): void {
    if (this.#isOver || connection !== this.#connection) return;
    this.#canBeginAgain = false;
    if (this.#options.manner === "timeout") connection.write(this.#bytes, () => this.#end({ kind: "sent" }));
    else connection.write(this.#bytes);
  }

  #parse(): ParsedResponse | undefined {
    if (!this.#connection) return undefined;
    return parseResponse(this.#request.address.method, this.#connection, {
      onResponse: (head, body) => this.#end({ kind: "response", head, body }),
      onFailure: (error) => this.#end({ kind: "failure", error }),
      onComplete: (head) => this.#release(head),
    });
  }

  #release(head: ResponseHead): void {
    const connection = this.#leave();
    if (connection) this.#options.pool.release(this.#request.address, connection, head);
  }

  #leave(): TargetConnection | undefined {
    const connection = this.#connection;
    connection?.use(undefined);
    this.#connection = undefined;
    return connection;
  }

  #end(exchanged: Exchanged): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnd(exchanged);
  }
}
