import { once } from "node:events";
import net from "node:net";

/**
 * Ports below the range that systems assign automatically (32768 and up on Linux, 49152 and up elsewhere), so a free
 * one isn't given to another test's connection a moment later.
 */
const LOWEST_PORT = 15_000;
const PORTS = 15_000;
const MAX_TRIES = 50;

/** A loopback port that was free a moment ago, for programs that can't pick their own. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${MAX_TRIES} ports was free.`);
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
