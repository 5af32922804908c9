import { createHmac, randomBytes } from "node:crypto";
import { createClient } from "../../../packages/client/src/create-client.ts";
import type { Fetch } from "../../../packages/client/src/options.ts";
import type { Identify } from "../../../services/console/access/identify.ts";
import { createConsoleApp } from "../../../services/console/app.tsx";
import type { Asset, Assets } from "../../../services/console/assets.ts";
import { TOKEN_FIELD } from "../../../services/console/http/form-token.ts";
import { createPeople } from "../../../services/console/reading/people.ts";
import type { Throughput } from "../../../services/producer/throughput/throughput.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { bearerOf, setUpCallers } from "../auth/callers.ts";
import { type ProducerHarness, type ProducerHarnessOptions, setUpProducer } from "../producer/producer-harness.ts";
import { type ReadPage, readPage } from "./read-page.ts";

export interface ConsoleHarnessOptions {
  /** The visitor: one of `ACCOUNTS`, whose tokens the producer then checks. Default: everybody, as on a laptop. */
  readonly person?: string;
  /** The console's clock. Default: the wall clock. */
  readonly clock?: Clock;
  readonly producer?: ProducerHarnessOptions;
  /** Whether browsers reach it over https alone. Default: no. */
  readonly isSecure?: boolean;
  /** What sends the console's calls. Default: `fetch`. */
  readonly fetch?: Fetch;
}

/** A console with a real producer and its emulators, used through one person's browser. */
export async function setUpConsole(options: ConsoleHarnessOptions = {}) {
  const { person, clock = systemClock, isSecure = false } = options;
  const access = person === undefined ? {} : { access: (await setUpCallers()).access };
  const producer = await setUpProducer({ throughput: QUIET, ...access, ...options.producer });
  const logged: string[] = [];
  const email = person ?? LOCAL;
  const identify: Identify = async () => ({ kind: "identified", email });
  const app = createConsoleApp({
    identify,
    accessOf: createPeople(() => clientOf(producer, person, options.fetch), clock),
    assets: ASSETS,
    clock,
    log: createLogger({ service: "console", destination: { write: (line) => void logged.push(line) } }),
    isSecure,
    allowedHosts: new Set(),
    producerUrl: producer.url,
  });
  const browser = createBrowser((path, init) => app.request(path, init), email);
  return { app, producer, logged, ...browser };
}

/** Everybody, on a laptop. */
const LOCAL = "local";

/** An hour without any counts. */
const QUIET: Throughput = { read: async () => new Map() };

/** A client of the producer with the person's own token. */
function clientOf({ url }: ProducerHarness, person: string | undefined, send: Fetch = fetch) {
  const auth = person === undefined ? null : async () => bearerOf(person).slice("Bearer ".length);
  return createClient({ url, auth, fetch: send, retry: { tries: 1 } });
}

/** A page, or the target of an action's redirect. */
export interface ConsoleResponse extends ReadPage {
  readonly status: number;
  readonly headers: Headers;
  /** The body as received. */
  readonly html: string;
  /** The target of a redirect. */
  readonly location: string | undefined;
}

const HOST = "127.0.0.1:8082";

type Send = (path: string, init: RequestInit) => Response | Promise<Response>;
type Sent = Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> };
type Fields = Readonly<Record<string, string | readonly string[]>>;

/** Keeps cookies, and submits forms with the token from our pages. */
function createBrowser(send: Send, email: string) {
  const secret = randomBytes(32).toString("base64url");
  const cookies = new Map([["handoff-form", secret]]);
  const token = createHmac("sha256", secret).update(email).digest("base64url");
  const request = async (path: string, { headers: own, ...init }: Sent): Promise<ConsoleResponse> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await send(path, { ...init, headers: { host: HOST, cookie, ...own } });
    keepCookies(cookies, response.headers);
    const html = await response.text();
    const { status, headers } = response;
    return { status, headers, html, location: headers.get("location") ?? undefined, ...readPage(html) };
  };
  const post = (path: string, fields: Fields = {}, headers: Readonly<Record<string, string>> = {}) =>
    request(path, { method: "POST", headers, body: formOf({ [TOKEN_FIELD]: token, ...fields }) });
  return {
    get: (path: string, headers: Record<string, string> = {}) => request(path, { headers }),
    /** Submits a form. Its own fields override the token. */
    post,
    /** Submits a form and follows the redirect, as a browser does. */
    act: async (path: string, fields: Fields = {}): Promise<ConsoleResponse> => {
      const done = await post(path, fields);
      return done.status === 303 && done.location !== undefined ? await request(done.location, {}) : done;
    },
  };
}

function keepCookies(cookies: Map<string, string>, headers: Headers): void {
  for (const line of headers.getSetCookie()) {
    const [pair = ""] = line.split(";");
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    if (/; Max-Age=0(;|$)/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
}

function formOf(fields: Fields): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) form.append(name, value);
  return form;
}

const asset = (path: string, type: string): Asset => ({ path, type, body: new Uint8Array(8) });

/** Stand-ins: no test here runs a script. */
export const ASSETS: Assets = {
  script: asset("/assets/console.js", "text/javascript; charset=utf-8"),
  style: asset("/assets/console.css", "text/css; charset=utf-8"),
  icon: asset("/assets/icon.svg", "image/svg+xml"),
};
