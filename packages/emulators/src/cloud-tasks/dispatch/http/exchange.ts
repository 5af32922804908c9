import http from "node:http";
import https from "node:https";
import type { Connections } from "./connections.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import { collectResponse, headOf } from "./response-body.ts";
import { type ResponseHead, readResponseHead } from "./response-head.ts";
import { connectionOf, watchConnection } from "./watched-connection.ts";

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
  /** Called once, unless the exchange is ended first. */
  readonly onEnd: (exchanged: Exchanged) => void;
}

const NO_BODY = new Uint8Array();

/** An exchange in progress. */
export interface Exchange {
  /** Ends it: with the status if that has been decided, otherwise without calling back. */
  end(): void;
}

/**
 * Sends a request and reads the response. Its status is decided as soon as its headers have been read (RFC 9112, section
 * 6.3): a body that is cut off, malformed, too long or endless doesn't change it.
 */
export function startExchange(outgoing: OutgoingRequest, options: ExchangeOptions): Exchange {
  let isOver = false;
  let request: http.ClientRequest;
  /** Set once the status is decided. */
  let finishBody: (() => void) | undefined;
  const end = (exchanged: Exchanged): void => {
    if (isOver) return;
    isOver = true;
    options.onEnd(exchanged);
  };
  const send = (isSecondTry: boolean): void => {
    request = openRequest(outgoing, isSecondTry ? undefined : options.connections);
    const { reusedSocket } = request;
    watchConnection(request);
    request.on("error", (error) => {
      // Once there is a status, an error only ends its body.
      if (isOver || finishBody) return;
      const connection = connectionOf(request);
      // Nothing has left this machine, so no server can have seen it. A new connection isn't closed by an idle server.
      if (reusedSocket && !connection?.sentBytes && options.manner === "normal") send(true);
      else end(failureOrRefusedResponse(error, connection?.received));
    });
    request.on("response", (response) => {
      connectionOf(request)?.forgetReceived();
      options.connections.note(request, response);
      finishBody = collectResponse(request, response, (body) =>
        end({ kind: "response", head: headOf(response), body }),
      );
    });
    // The target switches protocols unasked. 101 is no success, whatever follows.
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      end({ kind: "response", head: headOf(response), body: NO_BODY });
    });
    write(request, outgoing.body, { ...options, reusedSocket, end });
  };
  send(false);
  return {
    end() {
      finishBody?.();
      isOver = true;
      request.destroy();
    },
  };
}

function openRequest({ address, headers }: OutgoingRequest, connections: Connections | undefined): http.ClientRequest {
  const isSecure = address.url.protocol === "https:";
  const request = isSecure
    ? https.request({ ...address.options, agent: connections?.https ?? false })
    : http.request({ ...address.options, agent: connections?.http ?? false });
  // No limit. Otherwise the headers after the first thousand would be missing.
  request.maxHeadersCount = 0;
  for (const [name, value] of headers) request.setHeader(name, value);
  return request;
}

/** Sends the request. A kept connection is looked at first. */
function write(
  request: http.ClientRequest,
  body: Uint8Array,
  how: { connections: Connections; manner: Manner; reusedSocket: boolean; end: (exchanged: Exchanged) => void },
): void {
  if (how.manner === "reset") {
    resetOnceConnected(request);
    return;
  }
  if (how.manner === "timeout") request.once("finish", () => how.end({ kind: "sent" }));
  const send = (): void => void (request.destroyed || request.end(body.length > 0 ? body : undefined));
  if (how.reusedSocket) how.connections.look(send);
  else send();
}

/** Resets before anything is written, so that the worker sees a connection and no request. */
function resetOnceConnected(request: http.ClientRequest): void {
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  });
}

function failureOrRefusedResponse(error: Error, received: Uint8Array = NO_BODY): Exchanged {
  const isRefused = "code" in error && String(error.code).startsWith("HPE_");
  const head = isRefused ? readResponseHead(received) : undefined;
  return head ? { kind: "response", head, body: NO_BODY } : { kind: "failure", error };
}
