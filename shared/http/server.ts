import { getRequestListener } from "@hono/node-server";
import http from "node:http";
import { type CloseOptions, Closing } from "./serving/closing.ts";
import { portOf } from "./listening-port.ts";
import {
  type Refuse,
  refuseUnhandled,
  refuseUnread,
  refuseWithProblem,
  refuseWithoutHost,
} from "./serving/refuse-unread.ts";

export interface HttpServer {
  readonly port: number;
  /**
   * Answers what has arrived, stops accepting connections, and resolves once every request in progress has its
   * response.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** Node's own limits are generous. These limit how slowly a request may arrive, not how long handling it takes. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_INTERVAL_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
const LIMITS = {
  maxHeaderBytes: MAX_HEADER_BYTES,
  headersTimeoutMs: HEADERS_TIMEOUT_MS,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
};
/** Longer than Google's front ends keep idle connections, so that we never close one just as a request arrives. */
const KEEP_ALIVE_TIMEOUT_MS = 620_000;

/**
 * Serves an app over HTTP/1.1. Port 0 picks any free port.
 *
 * @throws Error with code EADDRINUSE if the port is taken.
 */
export async function serveHttp(options: {
  fetch: (request: Request) => Response | Promise<Response>;
  port: number;
  /** Default: all interfaces, as Cloud Run requires. */
  host?: string;
  /** Makes the response to a request that the app never sees, such as one with headers that are too long. Default: problem JSON. */
  refuse?: Refuse;
}): Promise<HttpServer> {
  const { refuse = refuseWithProblem } = options;
  const server = http.createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // We require it ourselves, and say so.
    requireHostHeader: false,
  });
  const closing = new Closing(server);
  refuseUnread(server, { closing, refuse, limits: LIMITS });
  const listener = getRequestListener((request) => closing.orCutOff(options.fetch, request), {
    errorHandler: (error) => refuseUnhandled(error, refuse),
  });
  server.on("request", (request, response) => {
    closing.serve(response, () => {
      if (!refuseWithoutHost(request, response, refuse)) void listener(request, response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host ?? "0.0.0.0", () => resolve());
  });
  return { port: portOf(server), close: (how) => closing.close(how) };
}
