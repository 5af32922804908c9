import { once } from "node:events";
import http from "node:http";
import { portOf } from "../../../shared/http/listening-port.ts";
import type { LineLog } from "../line-log.ts";

/** The outside world, on which claim tasks have their effects. */
export interface Receiver {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a receiver that honours idempotency keys: a repeated key has no effect. */
export async function startReceiver(log: LineLog): Promise<Receiver> {
  const known = new Set<string>();
  const server = http.createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (more: string) => (text += more));
    request.once("end", () => {
      const key = String(request.headers["idempotency-key"]);
      const applied = !known.has(key);
      known.add(key);
      const body: unknown = JSON.parse(text);
      log.write({ key, applied, at: Date.now(), body });
      response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}/effects`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
