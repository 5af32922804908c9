import http from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { portOf } from "../../../shared/http/listening-port.ts";

interface Received {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A server on this machine that keeps what it receives. It is stopped when the test ends. */
export async function startServer(answer: (request: Received) => readonly [status: number, body: string]) {
  const requests: Received[] = [];
  const server = http.createServer((request, response) => {
    void text(request).then((body) => {
      const received = { path: request.url ?? "", headers: request.headers, body };
      requests.push(received);
      const [status, answered] = answer(received);
      response.writeHead(status, { "content-type": "application/json" }).end(answered);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, requests };
}
