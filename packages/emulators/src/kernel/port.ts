import net from "node:net";

/**
 * Checks that a port is free before anything is read or written, so that an emulator started twice by mistake doesn't
 * touch the files of the one that is running.
 *
 * @throws Error with code EADDRINUSE when the port is taken.
 */
export async function assertPortIsFree({ host, port }: { host: string; port: number }): Promise<void> {
  if (port === 0) return;
  const probe = net.createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(port, host, () => resolve());
  });
  await new Promise<void>((resolve) => void probe.close(() => resolve()));
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
