import { once } from "node:events";
import net from "node:net";
import { portOf } from "../../../shared/http/listening-port.ts";

const PIECE_BYTES = 64 * 1024;

export interface FloodServer {
  readonly port: number;
  readonly sentBytes: () => number;
  /** Resolves when the first connection is closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/**
 * A server that never stops sending. After a request it sends a beginning, then one text after another for as long as
 * the other side reads.
 */
export async function startFloodServer({
  beginning = "",
  repeated,
}: {
  beginning?: string;
  repeated: string;
}): Promise<FloodServer> {
  let sentBytes = 0;
  const closed = Promise.withResolvers<void>();
  const piece = repeated.repeat(Math.ceil(PIECE_BYTES / repeated.length));
  const server = net.createServer((socket) => {
    const more = (): void => {
      let hasRoom = true;
      while (hasRoom && !socket.destroyed) {
        hasRoom = socket.write(piece);
        sentBytes += piece.length;
      }
    };
    socket.on("error", () => undefined).once("close", () => closed.resolve());
    socket.once("data", () => {
      socket.resume();
      socket.write(beginning);
      socket.on("drain", more);
      more();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server),
    sentBytes: () => sentBytes,
    closed: closed.promise,
    close: () => void server.close(),
  };
}
