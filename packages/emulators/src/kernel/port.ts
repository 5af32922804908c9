import net from "node:net";

/** A port that is open. Until somebody serves it, whoever connects has to wait. */
export interface BoundPort {
  readonly port: number;
  /** Passes on all connections: those that are waiting, and from now on each at once. */
  serve(onConnection: (socket: net.Socket) => void): void;
  /**
   * Stops listening, and resolves when the port is free and all connections have ended. It ends those that are waiting.
   */
  close(): Promise<void>;
}

/**
 * Listens on a port, before anything is read or written, so that an emulator started twice by mistake doesn't touch the
 * files of the one that is running. Whoever waits for the port sees it open once.
 *
 * Port 0 is any free one.
 *
 * @throws Error with code EADDRINUSE when the port is taken.
 */
export async function bindPort({ host, port }: { host: string; port: number }): Promise<BoundPort> {
  const waiting = new Set<net.Socket>();
  const wait = (socket: net.Socket): void => {
    waiting.add(socket);
    socket.once("close", () => waiting.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const server = net.createServer();
  server.on("connection", wait);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: portOf(server),
    serve(onConnection) {
      server.off("connection", wait);
      server.on("connection", onConnection);
      for (const socket of waiting) onConnection(socket);
      waiting.clear();
    },
    close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of waiting) socket.destroy();
      return closed;
    },
  };
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
