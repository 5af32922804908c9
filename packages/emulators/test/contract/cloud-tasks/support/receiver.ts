import { once } from "node:events";
import http from "node:http";
import { portOf } from "../../../../src/kernel/port.ts";

/** A delivery as it arrived. */
interface Received {
  readonly method: string;
  readonly path: string;
  /** Names are in the case that was sent. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What a receiver responds: a status with headers; nothing until it is closed; or a reset of the connection. */
type Reaction = number | { status: number; headers: Record<string, string>; body?: string } | "stall" | "reset";

/** A target of tasks on loopback. By default it responds 200. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Deliveries without a response, and the most there ever were at once. */
  readonly open: number;
  readonly mostOpen: number;
  /** Decides the responses from now on. */
  respondWith(decide: (delivery: Received, index: number) => Reaction | Promise<Reaction>): void;
  /** Resolves once this many deliveries have arrived in all. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let decide: (delivery: Received, index: number) => Reaction | Promise<Reaction> = accept;
  let waiting: { count: number; resolve: () => void }[] = [];
  let open = 0;
  let mostOpen = 0;

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const delivery = describe(request, Buffer.concat(chunks).toString());
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      response.once("close", () => (open -= 1));
      const index = received.push(delivery) - 1;
      for (const { count, resolve } of waiting) if (received.length >= count) resolve();
      waiting = waiting.filter(({ count }) => received.length < count);
      void Promise.resolve(decide(delivery, index)).then((reaction) => react(reaction, response));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    received,
    get open() {
      return open;
    },
    get mostOpen() {
      return mostOpen;
    },
    respondWith: (next) => void (decide = next),
    arrived: (count) =>
      received.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.push({ count, resolve: () => resolve() })),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const accept = (): Reaction => 200;

function describe(request: http.IncomingMessage, body: string): Received {
  const headers = new Map<string, string>();
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.set(request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? "");
  }
  return { method: request.method ?? "", path: request.url ?? "", headers, body };
}

function react(reaction: Reaction, response: http.ServerResponse): void {
  if (reaction === "stall") return;
  if (reaction === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body } =
    typeof reaction === "number" ? { status: reaction, headers: {}, body: "" } : reaction;
  response.writeHead(status, headers);
  response.end(body);
}
