import { RequestError } from "@hono/node-server";
import http from "node:http";
import { Socket } from "node:net";
import { propertyOf } from "../../process/thrown.ts";
import type { Closing } from "./closing.ts";
import { type Problem, problemBody } from "../problem.ts";

/** The response to a request that never reaches the app. */
export interface Refusal {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes a response from what is wrong with a request. */
export type Refuse = (problem: Problem) => Refusal;

/** How large a request may be, and how slowly it may arrive. */
export interface RequestLimits {
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** A refusal in the form of RFC 9457. */
export const refuseWithProblem: Refuse = (problem) => ({
  headers: {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  },
  body: JSON.stringify(problemBody(problem)),
});

const MALFORMED: Problem = {
  status: 400,
  title: "Bad request",
  code: "malformed-request",
  detail: "This isn't well-formed HTTP/1.1: check the request line, the headers and how they give the body's length.",
};

const MALFORMED_ADDRESS: Problem = {
  status: 400,
  title: "Bad request",
  code: "malformed-request",
  detail: "The path or the header Host is missing or malformed: send both as they are in a URL.",
};

const UNKNOWN_EXPECTATION: Problem = {
  status: 417,
  title: "Expectation failed",
  code: "expectation-failed",
  detail: "Send the request without the header Expect, or with Expect: 100-continue.",
};

const FAILED: Problem = {
  status: 500,
  title: "Internal error",
  code: "internal",
  detail: "This is a bug, not a problem with your request.",
};

/**
 * Has a server say what is wrong with requests that Node would otherwise respond to by itself, with a status and no more:
 * those that aren't HTTP, are too long or too slow, or have an unknown Expect header
 * (https://nodejs.org/api/http.html#event-clienterror). Call this before the server listens.
 */
export function refuseUnread(
  server: http.Server,
  on: { readonly closing: Closing; readonly refuse: Refuse; readonly limits: RequestLimits },
): void {
  const { closing, refuse, limits } = on;
  server.on("clientError", (error: Error, socket) => {
    const canRespond = socket instanceof Socket && socket.writable && !closing.isResponding(socket);
    if (!canRespond) return void socket.destroy(error);
    const problem = problemOf(error, limits);
    socket.write(rawResponse(problem.status, refuse(problem)));
    socket.destroySoon();
  });
  server.on("checkExpectation", (_request, response) => {
    closing.serve(response, () => respond(response, UNKNOWN_EXPECTATION, refuse));
  });
}

/** Whether a request lacks the header that every request of HTTP/1.1 must have; one that does is refused. */
export function refuseWithoutHost(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  refuse: Refuse,
): boolean {
  const lacksHost = request.httpVersion === "1.1" && request.headers.host === undefined;
  if (lacksHost) respond(response.setHeader("connection", "close"), MALFORMED_ADDRESS, refuse);
  return lacksHost;
}

/** The response to a request that can't be handed to the app, or that the app fails to respond to. */
export function refuseUnhandled(error: unknown, refuse: Refuse): Response {
  const problem = error instanceof RequestError ? MALFORMED_ADDRESS : FAILED;
  const { headers, body } = refuse(problem);
  return new Response(body, { status: problem.status, headers });
}

function respond(response: http.ServerResponse, problem: Problem, refuse: Refuse): void {
  const { headers, body } = refuse(problem);
  response.writeHead(problem.status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

/** The codes are those for which Node has a status of its own. */
function problemOf(error: Error, { maxHeaderBytes, headersTimeoutMs, requestTimeoutMs }: RequestLimits): Problem {
  switch (propertyOf(error, "code")) {
    case "HPE_HEADER_OVERFLOW":
      return {
        status: 431,
        title: "Request header fields too large",
        code: "headers-too-large",
        detail: `The path and the headers may have ${maxHeaderBytes} bytes together: send less.`,
      };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return {
        status: 413,
        title: "Payload too large",
        code: "chunk-extensions-too-large",
        detail: "Send the body without chunk extensions.",
      };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        status: 408,
        title: "Request timeout",
        code: "request-timeout",
        detail:
          `The request came too slowly: its headers have ${headersTimeoutMs / 1_000} s, and all of it has ` +
          `${requestTimeoutMs / 1_000} s. Send it again, faster.`,
      };
    default:
      return MALFORMED;
  }
}

function rawResponse(status: number, { headers, body }: Refusal): string {
  const lines = Object.entries({ connection: "close", "content-length": String(Buffer.byteLength(body)), ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ""}\r\n${head}\r\n${body}`;
}
