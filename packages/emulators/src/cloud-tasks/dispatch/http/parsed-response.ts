import { Duplex } from "node:stream";
import { request as startRequest } from "../../../kernel/node-http.ts";
import type { HttpMethod } from "../../state/task.ts";
import { collectResponse, headOf } from "./response-body.ts";
import { type ResponseHead, readResponseHead } from "./response-head.ts";
import type { TargetConnection } from "./target-connection.ts";

/** Node's parser refuses a response with more bytes of headers. Its status counts nevertheless. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** Reads what RFC 9112 lets a recipient read, too, such as folded headers and lines that end in LF. */
const READING = { insecureHTTPParser: true, maxHeaderSize: MAX_HEADER_BYTES };

const NO_BODY = new Uint8Array();

interface ParsedResponseEvents {
  /** The status is decided, and the part of the body that is kept has arrived. Calling it again changes nothing. */
  readonly onResponse: (head: ResponseHead, body: Uint8Array) => void;
  /** There is no status. Called at most once, and not after the other. */
  readonly onFailure: (error: Error) => void;
  /** The response is complete, and nothing else has come on the connection. */
  readonly onComplete: (head: ResponseHead) => void;
}

/** A response that Node's parser is reading. */
export interface ParsedResponse {
  received(bytes: Buffer): void;
  ended(): void;
  failed(error: Error): void;
  /** Calls back with what has come of the body, if the status is decided. */
  finishBody(): void;
}

/**
 * Reads the response to a request that has been sent already, by Node's HTTP client: its own request goes nowhere. The
 * status is decided as soon as the headers have been read (RFC 9112, section 6.3): a body that is cut off, malformed, too
 * long or endless doesn't change it.
 */
export function parseResponse(
  method: HttpMethod,
  connection: TargetConnection,
  events: ParsedResponseEvents,
): ParsedResponse {
  const stream = new ReceivedStream(connection);
  let finishBody: (() => void) | undefined;
  const request = startRequest({ method, ...READING, createConnection: () => stream });
  // No limit. Otherwise the headers after the first thousand would be missing.
  request.maxHeadersCount = 0;
  request.on("error", (error) => {
    // Once there is a status, an error only ends its body.
    if (finishBody) return;
    const head =
      "code" in error && String(error.code).startsWith("HPE_") ? readResponseHead(stream.received) : undefined;
    if (head) events.onResponse(head, NO_BODY);
    else events.onFailure(error);
  });
  request.on("response", (response) => {
    stream.forgetReceived();
    finishBody = collectResponse(request, response, (body) => events.onResponse(headOf(response), body));
    response.on("end", () => {
      if (!response.complete || response.httpVersion !== "1.1" || stream.destroyed) return;
      stream.release();
      events.onComplete(headOf(response));
    });
  });
  // The target switches protocols unasked. 101 is no success, whatever follows.
  request.on("upgrade", (response) => {
    stream.destroy();
    events.onResponse(headOf(response), NO_BODY);
  });
  request.end();
  return {
    received: (bytes) => stream.receive(bytes),
    ended: () => void stream.push(null),
    failed: (error) => void stream.destroy(error),
    finishBody: () => finishBody?.(),
  };
}

/** What a connection receives. What is written has been sent already. */
class ReceivedStream extends Duplex {
  #connection: TargetConnection | undefined;
  #received: Buffer[] | undefined = [];

  constructor(connection: TargetConnection) {
    super();
    this.#connection = connection;
  }

  /** What came of the response, in case Node's parser refuses its headers. */
  get received(): Uint8Array {
    return Buffer.concat(this.#received ?? []);
  }

  /** The headers have been read. */
  forgetReceived(): void {
    this.#received = undefined;
  }

  receive(bytes: Buffer): void {
    this.#received?.push(bytes);
    if (!this.push(bytes)) this.#connection?.pause();
  }

  /** Leaves the connection to others. */
  release(): void {
    this.#connection?.resume();
    this.#connection = undefined;
  }

  override _read(): void {
    this.#connection?.resume();
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection?.destroy();
    done(error);
  }
}
