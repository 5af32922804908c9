import net from "node:net";

/** A port of the stack, and the variable that moves it. */
export interface WantedPort {
  readonly name: string;
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/** A port that the stack needs is taken; the message names every such port and the variable that moves it. */
export class PortsInUseError extends Error {
  readonly code = "PORTS_IN_USE";
}

/**
 * Makes sure that all ports are free before anything is started.
 *
 * @throws PortsInUseError that lists the ones that aren't.
 */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const taken: WantedPort[] = [];
  for (const port of wanted) if (!(await isFree(port))) taken.push(port);
  if (taken.length === 0) return;
  const lines = taken.map(({ name, port, variable }) => `  - port ${port} (${name}): set ${variable} to a free one`);
  throw new PortsInUseError(`Something else listens on ports of the stack:\n${lines.join("\n")}`);
}

function isFree({ host, port }: WantedPort): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
