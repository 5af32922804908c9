import { once } from "node:events";
import http from "node:http";
import { portOf } from "../../../../src/kernel/port.ts";

/** A delivery as it arrived. */
interface Received {
  readonly method: string;
  readonly path: string;
  /** Names with their casing as sent. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What a receiver answers: a status with headers, or nothing at all until it is closed. */
type Answer = number | { status: number; headers: Record<string, string>; body?: string } | "stall" | "reset";

/** A target of tasks on loopback. It answers 200 unless told otherwise. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Deliveries that are not answered yet, and the most there ever were at once. */
  readonly open: number;
  readonly mostOpen: number;
  /** Decides the answers from now on. */
  answerWith(decide: (delivery: Received, index: number) => Answer | Promise<Answer>): void;
  /** Resolves when so many deliveries have arrived in all. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let decide: (delivery: Received, index: number) => Answer | Promise<Answer> = accept;
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
      void Promise.resolve(decide(delivery, index)).then((answer) => give(answer, response));
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
    answerWith: (next) => void (decide = next),
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

const accept = (): Answer => 200;

function describe(request: http.IncomingMessage, body: string): Received {
  const headers = new Map<string, string>();
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.set(request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? "");
  }
  return { method: request.method ?? "", path: request.url ?? "", headers, body };
}

function give(answer: Answer, response: http.ServerResponse): void {
  if (answer === "stall") return;
  if (answer === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body } = typeof answer === "number" ? { status: answer, headers: {}, body: "" } : answer;
  response.writeHead(status, headers);
  response.end(body);
}
