import type net from "node:net";

/**
 * The TCP port that a server listens on.
 *
 * @throws Error if it does not listen on one.
 */
export function portOf(server: Pick<net.Server, "address">): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server is not listening on a TCP port.");
  return address.port;
}
