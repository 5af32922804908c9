import type http from "node:http";
import { httpStatusOf } from "../../rpc/http-status.ts";
import { errorJson, sendJson } from "../../rpc/rest.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { KeySource, SigningKey } from "../dispatch/request/signing-key.ts";

/** How long a worker may keep the keys. */
const KEY_MAX_AGE_SECONDS = 3600;

/** Under these, every path is the API's, with a version or, for Firebase, without. */
const API_PATH = /^(?:\/v\d\w*)?\/projects(?:\/|$)/;

const DISCOVERY = "/.well-known/openid-configuration";

const PATHS = new Set(["/", DISCOVERY, "/oauth2/v1/certs", "/oauth2/v3/certs"]);

/**
 * Serves HTTP/1.1 requests other than the API's methods. `/` shows that the emulator is up. The two addresses for keys
 * have the form of Google's (https://www.googleapis.com/oauth2/v1/certs and /oauth2/v3/certs): certificates, and a JWK
 * set. The discovery document leads to them. `control` serves `/_emulator/`.
 */
export function createHttpSurface(
  { key, issuer }: { key: KeySource; issuer: string },
  control: (...exchange: Parameters<http.RequestListener>) => boolean,
): http.RequestListener {
  return (request, response) => {
    if (control(request, response)) return;
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (API_PATH.test(path)) {
      respondWithoutMethod(response, `${request.method} ${path}`);
    } else if (!PATHS.has(path)) {
      respondNotFound(response, path);
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      respond(response, 405, "Only GET and HEAD are allowed here.\n");
    } else if (path === "/") {
      respond(response, 200, "Ok\n");
    } else if (path === DISCOVERY) {
      respondWithJson(response, discoveryDocument(issuer, request.headers.host));
    } else if (path === "/oauth2/v1/certs") {
      respondWithKeys(response, key, async (signingKey) => {
        const { certificateOf } = await import("./front/key-certificate.ts");
        return { [signingKey.kid]: certificateOf(signingKey) };
      });
    } else {
      respondWithKeys(response, key, ({ kid, publicJwk }) => ({
        keys: [{ ...publicJwk, alg: "RS256", kid, use: "sig" }],
      }));
    }
  };
}

/** What isn't a method of the API, in the form of its errors. */
function respondWithoutMethod(response: http.ServerResponse, method: string): void {
  const error = new RpcError(RpcCode.NOT_FOUND, `Method not found: ${method} is no method of Cloud Tasks.`);
  sendJson(response, { status: httpStatusOf(error.code), json: errorJson(error) });
}

/** Like Google's front end, with a page; unlike it, with directions. */
function respondNotFound(response: http.ServerResponse, path: string): void {
  const shown = path.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  response.writeHead(404, { "Content-Type": "text/html; charset=UTF-8" });
  response.end(`<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 404 (Not Found)!!1</title>
  <p><b>404.</b> <ins>That’s an error.</ins>
  <p>The requested URL <code>${shown}</code> was not found on this server.
  <p>Try /v2/projects/… as in Cloud Tasks, /, ${DISCOVERY}, /oauth2/v1/certs, /oauth2/v3/certs, /_emulator/… or gRPC.
`);
}

function respondWithKeys(
  response: http.ServerResponse,
  key: KeySource,
  present: (key: SigningKey) => object | Promise<object>,
): void {
  key()
    .then(present)
    .then(
      (keys) => respondWithJson(response, keys),
      () => respond(response, 500, "The signing key can't be read.\n"),
    );
}

function respondWithJson(response: http.ServerResponse, content: object): void {
  response.writeHead(200, {
    "Content-Type": "application/json; charset=UTF-8",
    "Cache-Control": `public, max-age=${KEY_MAX_AGE_SECONDS}, must-revalidate, no-transform`,
  });
  response.end(`${JSON.stringify(content, undefined, 2)}\n`);
}

/**
 * How to check the tokens of an issuer (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata),
 * with what Google's own document at https://accounts.google.com/.well-known/openid-configuration says of ID tokens.
 *
 * @param host where whoever asks can reach this emulator, also through a container's port.
 */
function discoveryDocument(issuer: string, host = "localhost"): object {
  return {
    issuer,
    jwks_uri: `http://${host}/oauth2/v3/certs`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    claims_supported: ["aud", "azp", "email", "email_verified", "exp", "iat", "iss", "sub"],
  };
}

function respond(response: http.ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=UTF-8" });
  response.end(text);
}
