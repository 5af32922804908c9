import dgram from "node:dgram";
import net from "node:net";
import { ConfigError } from "../../shared/runtime/config-error.ts";

/** A port that the stack needs. */
export interface WantedPort {
  readonly name: string;
  /** How to change it, such as "set WORKER_PORT to a free port". */
  readonly remedy: string;
  readonly host: string;
  readonly port: number;
}

/** How long a port may take to accept or refuse a connection. If it does neither, it counts as in use. */
const MAX_PROBE_MS = 2_000;

/**
 * Checks, before anything starts, that all ports are free and different from each other. It doesn't open them: anybody
 * who waits for a port would mistake that for the program that is about to listen on it.
 *
 * @throws ConfigError that lists the ports that can't be used.
 */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const taken: WantedPort[] = [];
  for (const [index, port] of wanted.entries()) {
    const isGivenTwice = wanted.slice(0, index).some((earlier) => exclude(earlier, port));
    if (isGivenTwice || (await isTaken(port))) taken.push(port);
  }
  if (taken.length === 0) return;
  const lines = taken.map(({ name, port, remedy }) => `  - port ${port} (${name}): ${remedy}`);
  throw new ConfigError(`These ports of the stack are in use, or set twice:\n${lines.join("\n")}`);
}

/** These mean all addresses. */
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/** Whether two programs can't have their ports at the same time. */
function exclude(one: WantedPort, other: WantedPort): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  return one.host === other.host || WILDCARDS.has(one.host) || WILDCARDS.has(other.host);
}

/** Whether something accepts connections there. Rejects if the host isn't this machine. */
export async function isTaken({ host: urlHost, port }: WantedPort): Promise<boolean> {
  const host = urlHost.replace(/^\[(.*)\]$/, "$1");
  await requireOwnAddress(host);
  if (port === 0) return false;
  return await new Promise((resolve) => {
    const probe = net.connect({ host, port, timeout: MAX_PROBE_MS });
    const end = (taken: boolean): void => {
      probe.destroy();
      resolve(taken);
    };
    probe.once("connect", () => end(true));
    probe.once("timeout", () => end(true));
    probe.once("error", () => end(false));
  });
}

/** A UDP socket can be bound to any address of this machine and to no other, and it disturbs nobody. */
async function requireOwnAddress(host: string): Promise<void> {
  const socket = dgram.createSocket(net.isIPv6(host) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address: host, port: 0, exclusive: true }, () => resolve());
    });
  } finally {
    socket.close();
  }
}
