import http from "node:http";
import https from "node:https";
import type { Connections } from "./connections.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import { type ResponseHead, readResponseHead } from "./response-head.ts";

/**
 * How to send a request: normally; or, for a fault, resetting the connection before anything is sent, or timing out as
 * soon as the request is sent, while the worker goes on.
 */
export type Manner = "normal" | "reset" | "timeout";

/** How an exchange ended: with a response, or without one. */
export type Exchanged =
  | { readonly kind: "response"; readonly head: ResponseHead; readonly body: Uint8Array }
  | { readonly kind: "failure"; readonly error: Error }
  /** Only in the manner `timeout`. */
  | { readonly kind: "sent" };

export interface ExchangeOptions {
  readonly connections: Connections;
  readonly manner: Manner;
  /** Called once, unless the exchange is destroyed first. */
  readonly onEnd: (exchanged: Exchanged) => void;
}

/** How much of a response's body to keep. */
const MOST_BODY_BYTES = 16 * 1024;

/** Node's parser refuses a response with more bytes of headers. Its status counts nevertheless. */
const MOST_HEADER_BYTES = 1024 * 1024;

/**
 * How long to wait for the rest of a response once its status is known, by the wall clock, so that the history has the
 * body of nearly every response. It is less than a virtual clock's patience.
 */
const BODY_WAIT_MS = 500;

/** How long a response that is still coming after that may go on, so that its handler isn't interrupted. */
const MOST_DRAIN_MS = 600_000;

const NO_BODY = new Uint8Array();

/**
 * Sends a request and reads the response. Its status is decided as soon as its headers have been read (RFC 9112, section
 * 6.3): a body that is cut off, malformed, too long or endless doesn't change it.
 *
 * @returns a function that ends the exchange without a result.
 */
export function startExchange(outgoing: OutgoingRequest, options: ExchangeOptions): () => void {
  let isOver = false;
  let request: http.ClientRequest;
  const end = (exchanged: Exchanged): void => {
    if (isOver) return;
    isOver = true;
    options.onEnd(exchanged);
  };
  const send = (isSecondTry: boolean): void => {
    request = openRequest(outgoing, isSecondTry ? undefined : options.connections);
    const { reusedSocket } = request;
    const received = keepReceived(request);
    const sent = countSent(request);
    let isAnswered = false;
    request.on("error", (error) => {
      // Once there is a status, an error only ends its body.
      if (isOver || isAnswered) return;
      // Nothing has left this machine, so no server can have seen it. A new connection isn't closed by an idle server.
      if (reusedSocket && sent() === 0 && options.manner === "normal") send(true);
      else end(failureOrRefusedResponse(error, received.bytes()));
    });
    request.on("response", (response) => {
      isAnswered = true;
      received.drop();
      options.connections.note(request, response);
      collect(request, response, end);
    });
    // The target switches protocols unasked. 101 is no success, whatever follows.
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      end({ kind: "response", head: headOf(response), body: NO_BODY });
    });
    write(request, outgoing.body, { ...options, reusedSocket, end });
  };
  send(false);
  return () => {
    isOver = true;
    request.destroy();
  };
}

function openRequest({ address, headers }: OutgoingRequest, connections: Connections | undefined): http.ClientRequest {
  const options: http.RequestOptions = {
    ...address.options,
    // Reads what RFC 9112 lets a recipient read, too, such as folded headers and lines that end in LF.
    insecureHTTPParser: true,
    maxHeaderSize: MOST_HEADER_BYTES,
  };
  const isSecure = address.url.protocol === "https:";
  const request = isSecure
    ? https.request({ ...options, agent: connections?.https ?? false })
    : http.request({ ...options, agent: connections?.http ?? false });
  // No limit. Otherwise the headers after the first thousand would be missing.
  request.maxHeadersCount = 0;
  for (const [name, value] of headers) request.setHeader(name, value);
  return request;
}

/** Sends the request. A kept connection is looked at first. */
function write(
  request: http.ClientRequest,
  body: Uint8Array,
  how: { manner: Manner; reusedSocket: boolean; end: (exchanged: Exchanged) => void },
): void {
  if (how.manner === "reset") {
    resetOnceConnected(request);
    return;
  }
  if (how.manner === "timeout") request.once("finish", () => how.end({ kind: "sent" }));
  const send = (): void => void (request.destroyed || request.end(body.length > 0 ? body : undefined));
  if (how.reusedSocket) afterIncoming(send);
  else send();
}

/**
 * Calls back once Node has read whatever had arrived on its sockets by now, such as the end of a kept connection: it looks
 * between two turns of the event loop.
 */
function afterIncoming(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}

/** Resets before anything is written, so that the worker sees a connection and no request. */
function resetOnceConnected(request: http.ClientRequest): void {
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  });
}

/** Counts the bytes that were written to the connection for this request. */
function countSent(request: http.ClientRequest): () => number {
  let atStart = 0;
  request.once("socket", (socket) => (atStart = socket.bytesWritten));
  return () => (request.socket?.bytesWritten ?? 0) - atStart;
}

/** Keeps the bytes of a response until its headers have been read, in case Node's parser refuses them. */
function keepReceived(request: http.ClientRequest): { bytes: () => Uint8Array; drop: () => void } {
  let chunks: Buffer[] = [];
  const keep = (chunk: Buffer): void => void chunks.push(chunk);
  // Before Node's own listener, since that reports the error.
  request.once("socket", (socket) => socket.prependListener("data", keep));
  return {
    bytes: () => Buffer.concat(chunks),
    drop() {
      chunks = [];
      request.socket?.removeListener("data", keep);
    },
  };
}

function failureOrRefusedResponse(error: Error, received: Uint8Array): Exchanged {
  const isRefused = "code" in error && String(error.code).startsWith("HPE_");
  const head = isRefused ? readResponseHead(received) : undefined;
  return head ? { kind: "response", head, body: NO_BODY } : { kind: "failure", error };
}

/** Reads a response's body. By events, since an iterator would slow deliveries down measurably. */
function collect(
  request: http.ClientRequest,
  response: http.IncomingMessage,
  end: (exchanged: Exchanged) => void,
): void {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const finish = (): void => {
    clearTimeout(wait);
    // Copied out of Node's buffer pool, which it would keep alive.
    const body =
      chunks.length === 0 ? NO_BODY : new Uint8Array(Buffer.concat(chunks.splice(0)).subarray(0, MOST_BODY_BYTES));
    end({ kind: "response", head: headOf(response), body });
  };
  let drain: NodeJS.Timeout | undefined;
  const wait = setTimeout(() => {
    bytes = MOST_BODY_BYTES;
    finish();
    drain = setTimeout(() => request.destroy(), MOST_DRAIN_MS).unref();
  }, BODY_WAIT_MS);
  response.on("data", (chunk: Buffer) => {
    if (bytes < MOST_BODY_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  response.on("end", () => {
    finish();
    // The target has answered without reading the whole request, and may never read the rest.
    if (!request.writableFinished) request.destroy();
  });
  response.on("error", finish);
  response.on("close", () => {
    clearTimeout(drain);
    finish();
  });
}

function headOf(response: http.IncomingMessage): ResponseHead {
  const { rawHeaders } = response;
  return {
    status: response.statusCode ?? 0,
    // Paired only if somebody asks.
    get headers() {
      return Array.from({ length: rawHeaders.length / 2 }, (_, index): [string, string] => [
        rawHeaders[2 * index] ?? "",
        rawHeaders[2 * index + 1] ?? "",
      ]);
    },
  };
}
