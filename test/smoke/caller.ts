import { ConfigError } from "../../shared/runtime/config-error.ts";

const CALL_TIMEOUT_MS = 30_000;
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Sends the producer a request: `init` as for fetch, `path` relative to its address. */
export type Caller = (path: string, init?: RequestInit) => Promise<Response>;

/**
 * A caller of the producer. Cloud Run admits only known callers, by an identity token: the given one, or one from the
 * default credentials.
 *
 * @throws ConfigError when a token is needed and there is none.
 */
export async function callerOf(url: string, givenToken: string | undefined): Promise<Caller> {
  const authorization = await authorizationFor(url, givenToken);
  return async (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (authorization !== undefined) headers.set("authorization", authorization);
    try {
      return await fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === "TimeoutError") {
        throw new ConfigError(`${url} did not answer within ${CALL_TIMEOUT_MS / 1_000} s.`, { cause });
      }
      throw new ConfigError(`Nothing answers at ${url}. Is that the producer's address, and does it run?`, { cause });
    }
  };
}

async function authorizationFor(url: string, givenToken: string | undefined): Promise<string | undefined> {
  // A token is secret: never send it in clear text.
  if (url.startsWith("http://")) return undefined;
  if (givenToken) {
    if (!TOKEN.test(givenToken))
      throw new ConfigError("SMOKE_ID_TOKEN must be an identity token, three parts with dots.");
    return `Bearer ${givenToken}`;
  }
  try {
    const { GoogleAuth } = await import("google-auth-library");
    const client = await new GoogleAuth().getIdTokenClient(url);
    return (await client.getRequestHeaders()).get("authorization") ?? undefined;
  } catch {
    throw new ConfigError(
      "There are no credentials to call the producer with. Set SMOKE_ID_TOKEN:\n" +
        `  SMOKE_ID_TOKEN=$(gcloud auth print-identity-token) npm run smoke -- --url ${url}`,
    );
  }
}
