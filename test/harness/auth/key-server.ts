import http from "node:http";
import { once } from "node:events";
import { portOf } from "../../../shared/http/listening-port.ts";
import type { SigningKey } from "./tokens.ts";

/** What the server does with each request. */
export type KeyServerResponse =
  | { readonly status?: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | "hang"
  | "hang-in-body"
  | "reset";

export interface KeyServer {
  readonly url: string;
  /** How many requests have arrived. */
  readonly fetches: number;
  /** Resolves when the next request has arrived. */
  nextFetch(): Promise<void>;
  respondWith(response: KeyServerResponse): void;
  close(): Promise<void>;
}

/** A server of public keys on loopback. It serves the given keys unless it is set to respond otherwise. */
export async function startKeyServer(keys: readonly SigningKey[]): Promise<KeyServer> {
  let current: KeyServerResponse = pemResponse(keys);
  let fetches = 0;
  let waiting: (() => void)[] = [];
  const server = http.createServer((_request, response) => {
    fetches++;
    for (const resolve of waiting) resolve();
    waiting = [];
    send(current, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}/certs`,
    get fetches() {
      return fetches;
    },
    nextFetch: () => new Promise((resolve) => void waiting.push(resolve)),
    respondWith: (next) => void (current = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Keys in the format of Google's v1/certs. Without `cacheControl` the response doesn't say how long it is valid. */
export function pemResponse(keys: readonly SigningKey[], cacheControl?: string): KeyServerResponse {
  const body = JSON.stringify(Object.fromEntries(keys.map((key) => [key.keyId, key.publicPem])));
  return { body, ...(cacheControl === undefined ? {} : { headers: { "cache-control": cacheControl } }) };
}

/** Keys as a JWK set, in the format of Google's v3/certs and of IAP's public_key-jwk. */
export function jwkResponse(keys: readonly SigningKey[]): KeyServerResponse {
  const set = keys.map(({ publicJwk, keyId }) => {
    return { ...publicJwk, kid: keyId, use: "sig", alg: publicJwk.kty === "EC" ? "ES256" : "RS256" };
  });
  return { body: JSON.stringify({ keys: set }) };
}

function send(what: KeyServerResponse, response: http.ServerResponse): void {
  if (what === "hang") return;
  if (what === "reset") return void response.socket?.resetAndDestroy();
  if (what === "hang-in-body") {
    response.writeHead(200, { "content-type": "application/json" });
    return void response.write("{");
  }
  response.writeHead(what.status ?? 200, { "content-type": "application/json", ...what.headers });
  response.end(what.body);
}
