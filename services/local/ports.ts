import net from "node:net";
import { ConfigError } from "../../shared/runtime/config-error.ts";

/** A port that the stack needs. */
export interface WantedPort {
  readonly name: string;
  /** What moves it, such as "set WORKER_PORT to a free port". */
  readonly remedy: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Makes sure, before anything starts, that all ports are free and different from each other.
 *
 * @throws ConfigError that lists the ports that can't be used.
 */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const taken: WantedPort[] = [];
  // Holds all ports until the last one has been tried, so that a port that is wanted twice is found, too.
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
  const lines = taken.map(({ name, port, remedy }) => `  - port ${port} (${name}): ${remedy}`);
  throw new ConfigError(`These ports of the stack are in use, or given twice:\n${lines.join("\n")}`);
}

/** Starts a server on the port; undefined when the port is in use. */
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
