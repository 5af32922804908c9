import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { portOf } from "../../../shared/http/listening-port.ts";

export interface ReceivedWebhook {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Resolves when the request's connection is closed. */
  readonly closed: Promise<void>;
}

export interface WebhookReceiver {
  readonly port: number;
  readonly received: readonly ReceivedWebhook[];
  /** How many connections were opened, with or without a request. */
  readonly connections: number;
  /** Resolves with the next request when all of it has arrived. */
  next(): Promise<ReceivedWebhook>;
  close(): Promise<void>;
}

/** A subscriber on loopback that records what it receives and responds as given; by default with 204. */
export async function startWebhookReceiver(
  answer: (response: http.ServerResponse) => void = (response) => void response.writeHead(204).end(),
): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  let connections = 0;
  let waiting: ((webhook: ReceivedWebhook) => void)[] = [];
  const receive = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const closed = new Promise<void>((resolve) => void request.socket.once("close", () => resolve()));
    const { method, url } = request;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const webhook = { method, url, headers, body: await text(request), closed };
    received.push(webhook);
    for (const resolve of waiting) resolve(webhook);
    waiting = [];
    answer(response);
  };
  const server = http.createServer((request, response) => void receive(request, response));
  server.on("connection", () => void connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server),
    received,
    get connections() {
      return connections;
    },
    next: () => new Promise((resolve) => void waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
