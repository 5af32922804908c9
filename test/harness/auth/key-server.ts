import http from "node:http";
import { once } from "node:events";
import { portOf } from "../../../shared/http/listening-port.ts";
import type { SigningKey } from "./tokens.ts";

/** What the server does with a request from now on. */
export type KeyServerAnswer =
  | { readonly status?: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | "hang"
  | "hang-in-body"
  | "reset";

export interface KeyServer {
  readonly url: string;
  /** Requests that have arrived. */
  readonly fetches: number;
  /** Resolves when the next request has arrived. */
  nextFetch(): Promise<void>;
  answerWith(answer: KeyServerAnswer): void;
  close(): Promise<void>;
}

/** A server of public keys on loopback, which serves the given keys until it is told something else. */
export async function startKeyServer(keys: readonly SigningKey[]): Promise<KeyServer> {
  let answer: KeyServerAnswer = pemAnswer(keys);
  let fetches = 0;
  let waiting: (() => void)[] = [];
  const server = http.createServer((_request, response) => {
    fetches++;
    for (const resolve of waiting) resolve();
    waiting = [];
    give(answer, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}/certs`,
    get fetches() {
      return fetches;
    },
    nextFetch: () => new Promise((resolve) => void waiting.push(resolve)),
    answerWith: (next) => void (answer = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Keys in the form of Google's v1/certs. Without `cacheControl` the answer says nothing of its age. */
export function pemAnswer(keys: readonly SigningKey[], cacheControl?: string): KeyServerAnswer {
  const body = JSON.stringify(Object.fromEntries(keys.map((key) => [key.keyId, key.publicPem])));
  return { body, ...(cacheControl === undefined ? {} : { headers: { "cache-control": cacheControl } }) };
}

/** Keys as a JWK set, in the form of Google's v3/certs. */
export function jwkAnswer(keys: readonly SigningKey[]): KeyServerAnswer {
  const set = keys.map((key) => ({ ...key.publicJwk, kid: key.keyId, use: "sig", alg: "RS256" }));
  return { body: JSON.stringify({ keys: set }) };
}

function give(answer: KeyServerAnswer, response: http.ServerResponse): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.socket?.resetAndDestroy();
  if (answer === "hang-in-body") {
    response.writeHead(200, { "content-type": "application/json" });
    return void response.write("{");
  }
  response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
  response.end(answer.body);
}
