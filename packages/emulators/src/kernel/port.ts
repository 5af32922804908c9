import net from "node:net";

/**
 * Listens on a port, before anything is read or written, so that an emulator started twice by mistake doesn't touch the
 * files of the one that is running. Whoever waits for the port sees it open once.
 *
 * Port 0 is any free one. Attach a listener for connections in the same turn of the event loop: until then, none is
 * accepted.
 *
 * @throws Error with code EADDRINUSE when the port is taken.
 */
export async function bindPort({ host, port }: { host: string; port: number }): Promise<net.Server> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  return server;
}

/** Stops listening, and resolves when the port is free and all connections have ended. */
export function closeServer(server: net.Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

/**
 * The TCP port a server listens on.
 *
 * @throws Error when it listens on none.
 */
export function portOf(server: Pick<net.Server, "address">): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server is not listening on a TCP port.");
  return address.port;
}

/** `host:port` as clients take it: an IPv6 address in brackets. */
export function authority({ host, port }: { host: string; port: number }): string {
  return `${urlHost(host)}:${port}`;
}

/** A host as in a URL: an IPv6 address in brackets. */
export function urlHost(host: string): string {
  return net.isIPv6(host) ? `[${host}]` : host;
}
