import { getRequestListener } from "@hono/node-server";
import http from "node:http";
import { portOf } from "./listening-port.ts";

export interface HttpServer {
  readonly port: number;
  /** Stops accepting connections, and resolves once every request in progress has been answered. */
  close(): Promise<void>;
}

/** Node's own limits are generous. These bound how slowly a request may arrive, not how long handling it takes. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_INTERVAL_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Longer than Google's front ends keep idle connections, so that we never close one just as a request arrives on it. */
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
 * Node's own close waits for every connection that isn't idle at that moment. One whose response comes later is then kept
 * open for the whole keep-alive time, and one that never sent anything stays open for ever. So each connection is closed
 * after its response, and whatever is left is closed after the last one.
 */
function prepareClosing(server: http.Server): () => Promise<void> {
  const inProgress = new Set<http.ServerResponse>();
  let closing = false;
  const closeLeftovers = (): void => {
    if (closing && inProgress.size === 0) server.closeAllConnections();
  };
  server.on("request", (_request, response) => {
    inProgress.add(response);
    response.once("close", () => {
      inProgress.delete(response);
      closeLeftovers();
    });
  });
  return () =>
    new Promise((resolve) => {
      closing = true;
      for (const response of inProgress) response.shouldKeepAlive = false;
      server.close(() => resolve());
      closeLeftovers();
    });
}
