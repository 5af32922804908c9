import type { LookupAddress } from "node:dns";
import { constants } from "node:crypto";
import http from "node:http";
import https from "node:https";
import net, { type LookupFunction, type Socket } from "node:net";

/** The server sent more than a response may contain. */
export class ResponseLimitError extends Error {
  readonly code = "RESPONSE_LIMIT";
}

export interface BoundedRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** The addresses to connect to, in this order; unused if the URL's host is an IP address. */
  readonly addresses: readonly LookupAddress[];
  /** Destroys the connection at once. */
  readonly signal: AbortSignal;
  /** The most bytes to read after the response's header, as sent. If there are more, the connection is destroyed. */
  readonly maxBodyBytes: number;
}

/** The most informational responses (100 to 199) before the final one. Few servers send more than two. */
const MAX_INFORMATIONAL = 16;

/** The most bytes before the final response. Node reads at most 16 KiB of a single header. */
const MAX_BYTES_BEFORE_RESPONSE = 64 * 1024;

/**
 * How much is read from a plain connection at a time. By default Node reads 64 KiB and parses it all, however many
 * responses that is, before anybody can stop it. TLS never delivers more than 16 KiB at once.
 */
const READ_BYTES = 4 * 1024;

/** The most TLS sessions that a server may offer for later use. OpenSSL's servers offer two. */
const MAX_TLS_SESSIONS = 16;

/**
 * Opens a request on its own connection, without proxy or redirects. The caller sends the body with `end`.
 *
 * Everything that a server could send endlessly is limited, since each piece costs work: informational responses,
 * headers, trailers, chunk extensions, TLS sessions. TLS renegotiation is refused. If a limit is exceeded before the
 * final response, the request fails with ResponseLimitError. The signal must handle silent and slow servers.
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

/** Returns the addresses that were looked up earlier. The socket can't connect to any others. */
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
    // By now the HTTP parser listens, too, and sees each piece first. So bytes that end a response count as body.
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
