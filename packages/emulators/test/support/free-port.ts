import { bindPort } from "../../src/kernel/port.ts";

/**
 * Below the ports that operating systems hand out by themselves (32768 and up on Linux, 49152 and up elsewhere), so that
 * a free one isn't given to another test's connection a moment later.
 */
const LOWEST_PORT = 15_000;
const PORTS = 15_000;
const MAX_TRIES = 50;

/** A port on loopback that was free a moment ago, for programs that need a port number. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${MAX_TRIES} ports was free.`);
}

const isFree = (port: number): Promise<boolean> =>
  bindPort({ host: "127.0.0.1", port }).then(
    (bound) => bound.close().then(() => true),
    () => false,
  );
