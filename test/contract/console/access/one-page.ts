import { onTestFinished } from "vitest";
import { HandoffError, createClient } from "handoff-client";
import * as z from "zod";
import { identityOf, identityVariables } from "../../../../services/console/access/identity-variables.ts";
import { refusePerson } from "../../../../services/console/access/refuse-person.ts";
import { serveHttp } from "../../../../shared/http/server.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { IAP_AUDIENCE, makeElliptic } from "../../../harness/auth/assertions.ts";
import { ACCOUNTS, callerClaims, setUpCallers } from "../../../harness/auth/callers.ts";
import { startKeyServer } from "../../../harness/auth/key-server.ts";
import { KEY } from "../../../harness/auth/token-rules.ts";
import { signToken } from "../../../harness/auth/tokens.ts";
import { bytesOf, exchange } from "../../../harness/network/raw-http.ts";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";

export const IAP_KEY = makeElliptic("iap-1");

export const CONSOLE_AUDIENCE = "https://handoff-console.handoff-test.internal";
export const CONSOLE_URL = "https://handoff-console-123456789012.europe-west1.run.app";

export type Headers = readonly (readonly [name: string, value: string])[];

/**
 * A console of one page, which says whom a real producer takes the person for who looks at it, and a way to ask for it.
 * Google's keys and IAP's are on real servers.
 */
export async function setUpOnePage(variables: Readonly<Record<string, string>>) {
  const isLocal = variables["CONSOLE_IDENTITY"] === "local";
  const [callers, iapKeys, googleKeys] = await Promise.all([
    setUpCallers(),
    startKeyServer([IAP_KEY]),
    startKeyServer([KEY]),
  ]);
  const producer = await setUpProducer(isLocal ? {} : { access: callers.access });
  const logged: string[] = [];
  const log = createLogger({ service: "test", destination: { write: (line) => void logged.push(line) } });
  const needed = isLocal ? {} : { IAP_AUDIENCE, CONSOLE_AUDIENCE, CONSOLE_URL, K_SERVICE: "handoff-console" };
  const given = { ...needed, IAP_KEYS_URL: iapKeys.url, OIDC_CERTS_URL: googleKeys.url, ...variables };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
  const config = z.object({ ...identityVariables, K_SERVICE: z.string().optional() }).parse(set);
  const identify = identityOf(config, { clock: systemClock, log });

  const sent: (string | null)[] = [];
  async function page(request: Request): Promise<Response> {
    const person = await identify(request.headers);
    if (person.kind !== "identified") {
      const refusal = refusePerson(person);
      return Response.json(refusal, { status: refusal.status });
    }
    const client = createClient({
      url: producer.url,
      auth: () => signToken(KEY, callerClaims(ACCOUNTS.console)),
      onBehalfOf: isLocal ? undefined : person.email,
      retry: { tries: 1 },
      fetch: (url, init) => {
        sent.push(new globalThis.Headers(init.headers).get("handoff-on-behalf-of"));
        return fetch(url, init);
      },
    });
    try {
      return Response.json(await client.me());
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error;
      return Response.json({ email: person.email, producer: error.status }, { status: 502 });
    }
  }
  const server = await serveHttp({ fetch: page, port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    await Promise.all([server.close(), iapKeys.close(), googleKeys.close()]);
  });

  /** What comes of a request, as a person sees it: who they are and their role, or why not. */
  async function look(headers: Headers): Promise<string> {
    const all = [["Host", "console"], ["Connection", "close"], ...headers] as const;
    const { status, text } = await exchange(
      server.port,
      bytesOf({ method: "GET", target: "/", headers: all, body: Buffer.alloc(0) }),
    );
    // Nothing of what was sent comes back or is logged.
    const parts = headers.flatMap(([, value]) => value.split(/[ .,]/)).filter((part) => part.length > 60);
    const disclosed = parts.find((part) => (text + logged.join("")).includes(part));
    if (disclosed !== undefined) throw new Error("The response or the log has a part of what was sent.");
    return `${status} ${inWords(JSON.parse(/\{.*\}/.exec(text)?.[0] ?? "{}"))}`;
  }
  return { look, sent, iapKeys, googleKeys, producer };
}

const bodySchema = z.object({
  email: z.string().optional(),
  role: z.string().optional(),
  reason: z.string().optional(),
  producer: z.number().optional(),
});

function inWords(body: unknown): string {
  const { email, role, reason, producer } = bodySchema.parse(body);
  return reason ?? `${email} ${role ?? `refused by the producer with ${producer}`}`;
}
