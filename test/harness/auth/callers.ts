import { onTestFinished } from "vitest";
import * as z from "zod";
import { accessOf, accessVariables } from "../../../services/producer/access/access-variables.ts";
import type { GivenAccess } from "../../../shared/auth/access.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { startKeyServer } from "./key-server.ts";
import { KEY } from "./token-rules.ts";
import { assembleToken, identityClaims, signToken } from "./tokens.ts";

const own = (name: string): string => `handoff-${name}@handoff-test.iam.gserviceaccount.com`;

/** An account for each role, and each of Handoff's own. */
export const ACCOUNTS = {
  caller: "shop@handoff-test.iam.gserviceaccount.com",
  "caller of webhooks": "crm@handoff-test.iam.gserviceaccount.com",
  viewer: "support@example.com",
  operator: "ops@example.com",
  worker: own("worker"),
  invoker: own("invoker"),
  producer: own("producer"),
  console: own("console"),
} as const;

const ACCESS: GivenAccess = {
  accounts: {
    [own("producer")]: "none",
    [own("worker")]: "relay",
    [own("invoker")]: "none",
    [own("console")]: "console",
  },
  operators: [ACCOUNTS.operator],
  viewers: [ACCOUNTS.viewer],
  callerTypes: { [ACCOUNTS["caller of webhooks"]]: ["webhook.*"] },
};

const SERVICE = "handoff-producer";
export const PRODUCER_AUDIENCE = "https://handoff-producer.handoff-test.internal";
export const PRODUCER_URL = "https://handoff-producer-123456789012.europe-west1.run.app";
export const GCLOUD_AUDIENCE = "32555940559.apps.googleusercontent.com";

/** A producer's access control as infra configures it, with a real key server that serves `KEY`. */
export async function setUpCallers(variables: Readonly<Record<string, string>> = {}) {
  const server = await startKeyServer([KEY]);
  onTestFinished(() => server.close());
  const given = {
    INVOKER_CHECK: "on",
    K_SERVICE: SERVICE,
    PRODUCER_AUDIENCE,
    PRODUCER_URL,
    ACCESS: JSON.stringify(ACCESS),
    OIDC_CERTS_URL: server.url,
    ...variables,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
  const config = z.object({ ...accessVariables, K_SERVICE: z.string().optional() }).parse(set);
  const log = createLogger({ service: "test", level: "silent" });
  return { server, access: accessOf(config, { clock: systemClock, log }) };
}

/** A token's claims, with overrides in `over`. */
export function callerClaims(email: string, over: object = {}) {
  return { ...identityClaims({ audience: PRODUCER_AUDIENCE, email, nowMs: Date.now() }), ...over };
}

/** An Authorization header's value with a signed token. */
export function bearerOf(email: string, over: object = {}): string {
  return `Bearer ${signToken(KEY, callerClaims(email, over))}`;
}

/** The same as Cloud Run passes it on, with the signature removed. Anybody can make one. */
export function unsignedBearerOf(email: string, over: object = {}): string {
  const token = assembleToken({ alg: "RS256", kid: "key-1", typ: "JWT" }, callerClaims(email, over), () =>
    Buffer.of(1),
  );
  return `Bearer ${token.replace(/[^.]+$/, "SIGNATURE_REMOVED_BY_GOOGLE")}`;
}
