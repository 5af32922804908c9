import { once } from "node:events";
import net from "node:net";

/**
 * Ports below those that systems hand out by themselves (32768 and up on Linux, 49152 and up elsewhere): one that is free
 * is not given to another test's connection a moment later.
 */
const LOWEST_PORT = 15_000;
const PORTS = 15_000;
const MOST_TRIES = 50;

/** A port of loopback that nobody listened on a moment ago, for programs that can't be told to take any. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${MOST_TRIES} ports was free.`);
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
