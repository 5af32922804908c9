import { getRequestListener } from "@hono/node-server";
import http from "node:http";
import { portOf } from "./listening-port.ts";

export interface HttpServer {
  readonly port: number;
  /** Takes no new connections and resolves when every request under way has been answered. */
  close(): Promise<void>;
}

/** Node's own limits are long: these bound how slowly a request may arrive, not how long its handling takes. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_INTERVAL_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Longer than Google's front ends keep idle connections, so that ours is never the side that closes in a request's face. */
const KEEP_ALIVE_TIMEOUT_MS = 620_000;

/**
 * Serves an app over HTTP/1.1. Port 0 takes any free one.
 *
 * @throws Error with code EADDRINUSE when the port is taken.
 */
export async function serveHttp(options: {
  fetch: (request: Request) => Response | Promise<Response>;
  port: number;
  /** Default: all interfaces, as Cloud Run needs. */
  host?: string;
}): Promise<HttpServer> {
  const listener = getRequestListener(options.fetch);
  const server = http.createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (request, response) => void listener(request, response),
  );
  const close = prepareClosing(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host ?? "0.0.0.0", () => resolve());
  });
  return { port: portOf(server), close };
}

/**
 * Node's own close waits for every connection that isn't idle at that moment: one whose answer comes later would be
 * kept for the whole keep-alive time, and one that never said anything for ever. So each is closed after its answer,
 * and all that are left are closed after the last.
 */
function prepareClosing(server: http.Server): () => Promise<void> {
  const underWay = new Set<http.ServerResponse>();
  let closing = false;
  const closeLeftOver = (): void => {
    if (closing && underWay.size === 0) server.closeAllConnections();
  };
  server.on("request", (_request, response) => {
    underWay.add(response);
    response.once("close", () => {
      underWay.delete(response);
      closeLeftOver();
    });
  });
  return () =>
    new Promise((resolve) => {
      closing = true;
      for (const response of underWay) response.shouldKeepAlive = false;
      server.close(() => resolve());
      closeLeftOver();
    });
}
