import type http from "node:http";
import type { SigningKey } from "../dispatch/request/signing-key.ts";

/** How long a worker may keep the keys. */
const KEY_MAX_AGE_SECONDS = 3600;

/**
 * Serves HTTP/1.1 requests other than the API's methods. `/` shows that the emulator is up. The two addresses for keys
 * have the form of Google's (https://www.googleapis.com/oauth2/v1/certs and /oauth2/v3/certs), but with public keys
 * instead of certificates. The discovery document leads to them. `control` serves `/_emulator/`.
 */
export function createHttpSurface(
  { key, issuer }: { key: Promise<SigningKey>; issuer: string },
  control: (...exchange: Parameters<http.RequestListener>) => boolean,
): http.RequestListener {
  return (request, response) => {
    if (control(request, response)) return;
    const path = (request.url ?? "/").split("?", 1)[0];
    if (request.method !== "GET" && request.method !== "HEAD") {
      respond(
        response,
        405,
        "Only GET and HEAD are allowed here. Tasks and queues are under /v2/projects/, and served over gRPC.\n",
      );
    } else if (path === "/") {
      respond(response, 200, "Ok\n");
    } else if (path === "/.well-known/openid-configuration") {
      respondWithJson(response, discoveryDocument(issuer, request.headers.host));
    } else if (path === "/oauth2/v1/certs") {
      respondWithKeys(response, key, ({ kid, publicPem }) => ({ [kid]: publicPem }));
    } else if (path === "/oauth2/v3/certs") {
      respondWithKeys(response, key, ({ kid, publicJwk }) => ({
        keys: [{ ...publicJwk, alg: "RS256", kid, use: "sig" }],
      }));
    } else {
      respond(
        response,
        404,
        "Not found. Try /v2/projects/… as in Cloud Tasks, /, /.well-known/openid-configuration, /oauth2/v1/certs, /oauth2/v3/certs, /_emulator/… or gRPC.\n",
      );
    }
  };
}

function respondWithKeys(
  response: http.ServerResponse,
  key: Promise<SigningKey>,
  present: (key: SigningKey) => object,
): void {
  key.then(
    (signingKey) => respondWithJson(response, present(signingKey)),
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
