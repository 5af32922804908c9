import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";

/**
 * Ports below the range that systems assign automatically (32768 and up on Linux, 49152 and up elsewhere), so a free
 * one isn't given to another test's connection a moment later.
 */
const LOWEST_PORT = 15_000;
const PORTS = 15_000;
const MAX_TRIES = 50;

/** A free loopback port, for programs that can't pick their own. No other test gets it while this process runs. */
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

async function isFree(port: number): Promise<boolean> {
  const probe = net.createServer().listen(port, "127.0.0.1");
  try {
    await once(probe, "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
