import { plainEmail } from "../../../shared/auth/email.ts";
import { ON_BEHALF_OF } from "../../../shared/http/on-behalf-of.ts";
import type { Fetch } from "./options.ts";
import { type TokenSource, googleTokens } from "./tokens.ts";

/** A producer, and how to reach it. */
export interface ProducerAddress {
  /** Without a path. */
  readonly origin: string;
  /** Whether it is on this machine, where it needs no token. */
  readonly isLocal: boolean;
  /**
   * Sends one request.
   *
   * @throws TokenFailure when no token could be made; otherwise as fetch does.
   */
  send(request: OneRequest): Promise<Response>;
}

export interface OneRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON. */
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** No token could be created; `cause` says why. */
export class TokenFailure extends Error {
  constructor(cause: unknown) {
    super("No token could be made for the producer.", { cause });
  }
}

/** Names and addresses of this machine. URL writes every IPv4 loopback address in this form. */
const THIS_MACHINE = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether a URL leads to this machine, by its name or a loopback address. */
export function isThisMachine({ hostname }: URL): boolean {
  return THIS_MACHINE.test(hostname);
}

/**
 * Reads the producer's address and the headers of its requests.
 *
 * @throws TypeError when the address isn't an http or https URL without a path, a Google token would be sent over http,
 * or `onBehalfOf` isn't an e-mail address.
 */
export function producerAt(given: {
  readonly url: string | URL;
  readonly auth?: TokenSource | null | undefined;
  /** Default: no person. */
  readonly onBehalfOf?: string | undefined;
  /** Default: the runtime's own. */
  readonly fetch?: Fetch | undefined;
}): ProducerAddress {
  const url = readUrl(given.url);
  const { origin } = url;
  const isLocal = isThisMachine(url);
  const person = personOf(given.onBehalfOf);
  const token = given.auth === undefined ? defaultTokens(url) : given.auth;
  const send = given.fetch ?? ((url, init) => fetch(url, init));
  return {
    origin,
    isLocal,
    async send({ method, path, headers, body, signal }) {
      const init: RequestInit = {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...person,
          ...(token ? { authorization: `Bearer ${await tokenOf(token, origin)}` } : {}),
        },
        ...(body === undefined ? {} : { body }),
        // Redirects aren't followed: a token is for the producer alone.
        redirect: "manual",
        signal,
      };
      return await send(`${origin}${path}`, init);
    },
  };
}

/** The header that names the person, if there is one. */
function personOf(onBehalfOf: string | undefined): Readonly<Record<string, string>> {
  if (onBehalfOf === undefined) return {};
  const email = plainEmail(onBehalfOf);
  if (email === undefined) throw new TypeError("onBehalfOf must be an e-mail address.");
  return { [ON_BEHALF_OF]: email };
}

async function tokenOf(token: TokenSource, audience: string): Promise<string> {
  try {
    return await token(audience);
  } catch (error) {
    throw new TokenFailure(error);
  }
}

function readUrl(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : undefined;
  const isBare = url && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  if (url && isBare && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new TypeError("url must be the producer's address: http or https, without a user name or a path.");
}

function defaultTokens(url: URL): TokenSource | null {
  if (isThisMachine(url)) return null;
  if (url.protocol === "https:") return googleTokens();
  throw new TypeError("url must begin with https, since whoever sees a token can use it. Without a token: auth: null.");
}
