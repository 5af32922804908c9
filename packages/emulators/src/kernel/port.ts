import net from "node:net";

/**
 * Makes sure that a port can be had, before anything is read or written.
 *
 * An emulator that is started twice by mistake must not touch the files of the one that runs.
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
