import { once } from "node:events";
import http from "node:http";
import * as z from "zod";
import { portOf } from "../../../shared/http/listening-port.ts";

/** Where the workers fetch token keys: relays the Cloud Tasks emulator's, or is down. */
export interface KeyRelay {
  readonly url: string;
  isDown: boolean;
  /** How many fetches found it down. */
  readonly refused: number;
  close(): Promise<void>;
}

const keySchema = z.record(z.string(), z.string());

/** Starts a relay of the keys at `emulatorUrl` that adds the announced ones. */
export async function startKeyRelay(
  emulatorUrl: string,
  announced: Readonly<Record<string, string>>,
): Promise<KeyRelay> {
  let refused = 0;
  const currentKeys = async (): Promise<object> => {
    const answer = await fetch(`${emulatorUrl}/oauth2/v1/certs`);
    return { ...announced, ...keySchema.parse(await answer.json()) };
  };
  const server = http.createServer((_request, response) => {
    if (relay.isDown) {
      refused++;
      response.destroy();
      return;
    }
    currentKeys()
      .then((keys) => response.writeHead(200, { "cache-control": "max-age=60" }).end(JSON.stringify(keys)))
      .catch(() => response.writeHead(502).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const relay = {
    url: `http://127.0.0.1:${portOf(server)}/certs`,
    isDown: false,
    get refused() {
      return refused;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return relay;
}
