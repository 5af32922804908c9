import { once } from "node:events";
import http from "node:http";
import { portOf } from "../../shared/listening-port.ts";

/** Where the workers fetch the keys of tokens: hands on what the Cloud Tasks emulator has, or is down. */
export interface KeyRelay {
  readonly url: string;
  isDown: boolean;
  /** How many fetches found it down. */
  readonly refused: number;
  close(): Promise<void>;
}

/** Starts a relay of the keys at `emulatorUrl`. */
export async function startKeyRelay(emulatorUrl: string): Promise<KeyRelay> {
  let refused = 0;
  const server = http.createServer((_request, response) => {
    if (relay.isDown) {
      refused++;
      response.destroy();
      return;
    }
    fetch(`${emulatorUrl}/oauth2/v1/certs`)
      .then(async (answer) =>
        response.writeHead(answer.status, { "cache-control": "max-age=60" }).end(await answer.text()),
      )
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
