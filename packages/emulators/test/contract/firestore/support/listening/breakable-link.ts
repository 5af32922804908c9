import { once } from "node:events";
import net from "node:net";
import { onTestFinished } from "vitest";
import { portOf } from "../../../../../src/kernel/port.ts";

/** A connection to a server that can be cut and restored. */
export interface BreakableLink {
  /** `host:port`. */
  readonly address: string;
  /** Breaks all connections, and new ones until the link is restored. */
  cut(): void;
  mend(): void;
}

/** Opens a link to a server at `host:port`, on a port of its own, until the test ends. */
export async function linkTo(server: string): Promise<BreakableLink> {
  const { hostname, port } = new URL(`http://${server}`);
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const listener = net.createServer((caller) => {
    if (isCut) {
      caller.destroy();
      return;
    }
    const upstream = net.connect(Number(port), hostname);
    caller.pipe(upstream).pipe(caller);
    for (const [socket, other] of [
      [caller, upstream],
      [upstream, caller],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.once("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => {
    listener.close();
    breakAll();
  });
  return {
    address: `127.0.0.1:${portOf(listener)}`,
    cut() {
      isCut = true;
      breakAll();
    },
    mend() {
      isCut = false;
    },
  };
}
