import http from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { portOf } from "../../../shared/http/listening-port.ts";

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A response; `cut`: the connection ends without one; `never`: it stays open without one. */
export type Scripted =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | "cut"
  | "never";

/** Stands in for a producer: responds according to a script, and records the requests. `nth` counts from 0. */
export async function listenAsProducer(script: (request: ReceivedRequest, nth: number) => Scripted) {
  const requests: ReceivedRequest[] = [];
  const server = http.createServer((request, response) => {
    void text(request).then((body) => {
      const { method = "", url: path = "", headers } = request;
      const scripted = script({ method, path, headers, body }, requests.length);
      requests.push({ method, path, headers, body });
      if (scripted === "cut") request.socket.destroy();
      else if (scripted !== "never") respond(response, scripted);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, requests };
}

function respond(response: http.ServerResponse, { status, headers, body }: Exclude<Scripted, string>): void {
  const type = status < 300 ? "application/json" : "application/problem+json";
  response.writeHead(status, { ...(body === undefined ? {} : { "content-type": type }), ...headers });
  response.end(typeof body === "string" || body === undefined ? body : JSON.stringify(body));
}

/** A refusal as the producer responds with it. */
export function refusal(status: number, code: string, more: object = {}): Exclude<Scripted, string> {
  return { status, body: { type: "about:blank", status, title: code, code, ...more } };
}
