import type { LookupAddress } from "node:dns";
import { constants } from "node:crypto";
import http from "node:http";
import https from "node:https";
import net, { type LookupFunction, type Socket } from "node:net";

/** The server sent more than a response may have. */
export class ResponseLimitError extends Error {
  readonly code = "RESPONSE_LIMIT";
}

export interface BoundedRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** Where to connect to, in this order; unused if the URL's host is an IP address. */
  readonly addresses: readonly LookupAddress[];
  /** Destroys the connection at once. */
  readonly signal: AbortSignal;
  /** How much of the response to read after its header, in bytes and as sent. Beyond it the connection is destroyed. */
  readonly maxBodyBytes: number;
}

/** Informational responses (100 to 199) before the final one. Few servers send more than two. */
const MAX_INFORMATIONAL = 16;

/** What arrives before the final response, in bytes. Node reads at most 16 KiB of a single header. */
const MAX_BYTES_BEFORE_RESPONSE = 64 * 1024;

/**
 * How much is read from a plain connection at a time. Node would read 64 KiB and parse all of it, however many responses
 * that is, before anybody can stop it. TLS never hands over more than 16 KiB.
 */
const READ_BYTES = 4 * 1024;

/** TLS sessions that a server may offer for later use. OpenSSL's servers offer two. */
const MAX_TLS_SESSIONS = 16;

/**
 * Opens a request on a connection of its own, without proxy or redirects. The caller sends the body, by `end`.
 *
 * Whatever a server may send without end is limited, since each piece costs work: informational responses, headers,
 * trailers, chunk extensions, TLS sessions. Renegotiation of TLS is refused. Beyond a limit before the final response,
 * the request fails with ResponseLimitError. Silence and slowness are the signal's business.
 */
export function openRequest(url: URL, options: BoundedRequest): http.ClientRequest {
  const { method, headers, signal, addresses, maxBodyBytes } = options;
  const shared = { method, headers, signal, lookup: fixedLookup(addresses) };
  const request =
    url.protocol === "https:"
      ? https.request(url, { ...shared, agent: false, secureOptions: constants.SSL_OP_NO_RENEGOTIATION })
      : http.request(url, { ...shared, createConnection: connectInSmallReads });
  limitResponse(request, maxBodyBytes);
  return request;
}

function connectInSmallReads(options: http.ClientRequestArgs): Socket {
  const onread = {
    buffer: Buffer.alloc(READ_BYTES),
    callback: (bytes: number, buffer: Uint8Array): boolean => socket.push(Buffer.from(buffer.subarray(0, bytes))),
  };
  const { host, port, lookup } = options;
  const socket = net.connect({ host: host ?? undefined, port: Number(port), lookup, onread });
  return socket;
}

/** A lookup that has been made already. The socket can only connect to the addresses that were found then. */
function fixedLookup(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (!first) callback(Object.assign(new Error("The name has no address."), { code: "ENOTFOUND" }), []);
    else if (all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

function limitResponse(request: http.ClientRequest, maxBodyBytes: number): void {
  let maxBytes = MAX_BYTES_BEFORE_RESPONSE;
  let bytes = 0;
  let informational = 0;
  let sessions = 0;
  const exceeded = (): void => void request.destroy(new ResponseLimitError("The server sent too much."));
  request.on("information", () => {
    informational += 1;
    if (informational > MAX_INFORMATIONAL) exceeded();
  });
  request.once("response", () => {
    bytes = 0;
    maxBytes = maxBodyBytes;
  });
  request.once("socket", (socket: Socket) => {
    // By now the HTTP parser listens, too, and sees each piece first. So what completes a response counts as its body.
    socket.on("data", (piece: Buffer) => {
      bytes += piece.byteLength;
      if (bytes > maxBytes) exceeded();
    });
    socket.on("session", () => {
      sessions += 1;
      if (sessions > MAX_TLS_SESSIONS) exceeded();
    });
  });
}
