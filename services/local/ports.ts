import net from "node:net";
import { ConfigError } from "../../shared/runtime/config-error.ts";

/** A port of the stack, and the variable that moves it. */
export interface WantedPort {
  readonly name: string;
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Makes sure that all ports are free, and no two the same, before anything is started.
 *
 * @throws ConfigError that lists the ones that aren't.
 */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const taken: WantedPort[] = [];
  // All are held until the last was tried, so that a port that is wanted twice is found too.
  const held: net.Server[] = [];
  try {
    for (const port of wanted) {
      const probe = await hold(port);
      if (probe) held.push(probe);
      else taken.push(port);
    }
  } finally {
    await Promise.all(held.map(letGo));
  }
  if (taken.length === 0) return;
  const lines = taken.map(({ name, port, variable }) => `  - port ${port} (${name}): set ${variable} to a free one`);
  throw new ConfigError(`Something else listens on ports of the stack:\n${lines.join("\n")}`);
}

/** A server on the port; undefined when the port is taken. */
function hold({ host, port }: WantedPort): Promise<net.Server | undefined> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    probe.listen(port, host, () => resolve(probe));
  });
}

function letGo(probe: net.Server): Promise<void> {
  return new Promise((resolve) => void probe.close(() => resolve()));
}
