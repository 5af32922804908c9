import dgram from "node:dgram";
import { once } from "node:events";
import { bindPort } from "../../src/kernel/port.ts";

/**
 * Below the ports that operating systems hand out by themselves (32768 and up on Linux, 49152 and up elsewhere), so that
 * a free one isn't given to another test's connection a moment later.
 */
const LOWEST_PORT = 15_000;
const PORTS = 15_000;
const MAX_TRIES = 50;

/** A free loopback port, for programs that need a port number. No other test gets it while this process runs. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    if ((await claim(port)) && (await isFree(port))) return port;
  }
  throw new Error(`None of ${MAX_TRIES} ports was free.`);
}

/** Binds the UDP port of the same number until this process ends. Programs listen on TCP, so only other claims fail. */
async function claim(port: number): Promise<boolean> {
  const socket = dgram.createSocket("udp4");
  try {
    socket.bind({ address: "127.0.0.1", port, exclusive: true });
    await once(socket, "listening");
  } catch {
    socket.close();
    return false;
  }
  socket.unref();
  return true;
}

const isFree = (port: number): Promise<boolean> =>
  bindPort({ host: "127.0.0.1", port }).then(
    (bound) => bound.close().then(() => true),
    () => false,
  );
