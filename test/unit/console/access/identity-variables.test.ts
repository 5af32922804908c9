import { expect, it } from "vitest";
import * as z from "zod";
import { identifyLocally } from "../../../../services/console/access/identify.ts";
import { identityOf, identityVariables } from "../../../../services/console/access/identity-variables.ts";
import { guardVariables } from "../../../../shared/http/guard.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { ConfigError } from "../../../../shared/runtime/config-error.ts";
import { readConfig } from "../../../../shared/runtime/config.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";

const IAP = {
  CONSOLE_IDENTITY: "iap",
  IAP_AUDIENCE: "/projects/123456789012/locations/europe-west1/services/handoff-console",
};
const CLOUD_RUN = {
  CONSOLE_IDENTITY: "cloud-run",
  CONSOLE_AUDIENCE: "https://handoff-console.p.internal",
  CONSOLE_URL: "https://handoff-console-123456789012.europe-west1.run.app",
};
const LOCAL = { CONSOLE_IDENTITY: "local" };
const ON_CLOUD_RUN = { K_SERVICE: "handoff-console", INVOKER_CHECK: "on" };

const schema = z.object({ ...guardVariables, ...identityVariables });
const log = createLogger({ service: "test", level: "silent" });

function identityWith(environment: Readonly<Record<string, string>>) {
  return identityOf(readConfig(schema, environment), { clock: systemClock, log });
}

it.each<[title: string, environment: Record<string, string>, lines: string[]]>([
  ["nothing", {}, ["CONSOLE_IDENTITY: is not set. It says how people are identified"]],
  ["nothing on Cloud Run", ON_CLOUD_RUN, ["CONSOLE_IDENTITY: is not set."]],
  ["all but the identity", { ...IAP, ...CLOUD_RUN, CONSOLE_IDENTITY: "" }, ["CONSOLE_IDENTITY: is not set."]],
  ["an unknown identity", { ...IAP, CONSOLE_IDENTITY: "none" }, ["CONSOLE_IDENTITY: "]],
  ["two identities", { ...IAP, ...CLOUD_RUN, CONSOLE_IDENTITY: "iap,cloud-run" }, ["CONSOLE_IDENTITY: "]],
  ["local on Cloud Run", { ...LOCAL, K_SERVICE: "c" }, ["CONSOLE_IDENTITY=local: identifies nobody"]],
  ["local with IAP's audience", { ...IAP, ...LOCAL }, ["CONSOLE_IDENTITY=local: identifies nobody"]],
  ["local with an audience", { ...CLOUD_RUN, ...LOCAL }, ["CONSOLE_IDENTITY=local: identifies nobody"]],
  ["iap without its audience", { CONSOLE_IDENTITY: "iap" }, ["IAP_AUDIENCE: is not set.", "CONSOLE_IDENTITY=iap"]],
  [
    "iap with what the other identity needs",
    { ...CLOUD_RUN, CONSOLE_IDENTITY: "iap" },
    ["IAP_AUDIENCE: is not set.", "CONSOLE_IDENTITY=iap"],
  ],
  [
    "cloud-run with what the other identity needs",
    { ...IAP, CONSOLE_IDENTITY: "cloud-run" },
    ["CONSOLE_AUDIENCE: is not set.", "CONSOLE_URL: is not set.", "CONSOLE_IDENTITY=cloud-run"],
  ],
  ["cloud-run without an address", { ...CLOUD_RUN, CONSOLE_URL: "" }, ["CONSOLE_URL: is not set."]],
  [
    "an address in clear text",
    { ...CLOUD_RUN, CONSOLE_URL: "http://c.run.app" },
    ["CONSOLE_URL: must be an https URL"],
  ],
  [
    "an audience with the project's name",
    { ...IAP, IAP_AUDIENCE: IAP.IAP_AUDIENCE.replace("123456789012", "my-project") },
    ["IAP_AUDIENCE: must be /projects/NUMBER/locations/REGION/services/NAME"],
  ],
  [
    "the audience of a load balancer",
    { ...IAP, IAP_AUDIENCE: "/projects/123456789012/global/backendServices/7" },
    ["IAP_AUDIENCE: must be /projects/NUMBER/locations/REGION/services/NAME"],
  ],
  [
    "an audience with something after it",
    { ...IAP, IAP_AUDIENCE: `${IAP.IAP_AUDIENCE}/` },
    ["IAP_AUDIENCE: must be /projects/NUMBER/locations/REGION/services/NAME"],
  ],
  [
    "other keys than IAP's on Cloud Run",
    { ...IAP, ...ON_CLOUD_RUN, IAP_KEYS_URL: "https://keys.example" },
    ["IAP_KEYS_URL: must not be set on Cloud Run"],
  ],
  [
    "other keys than Google's on Cloud Run",
    { ...CLOUD_RUN, ...ON_CLOUD_RUN, OIDC_CERTS_URL: "https://keys.example" },
    ["OIDC_CERTS_URL: must not be set on Cloud Run"],
  ],
  ["the producer's local mode", { ...CLOUD_RUN, AUTH_MODE: "local" }, ["AUTH_MODE: "]],
  ["another statement", { ...CLOUD_RUN, INVOKER_CHECK: "yes" }, ["INVOKER_CHECK: "]],
  [
    "platform mode without infra's statement",
    { ...CLOUD_RUN, K_SERVICE: "c", AUTH_MODE: "platform" },
    ["AUTH_MODE=platform: only"],
  ],
])("refuses %s", (_, environment, lines) => {
  for (const line of lines) expect(() => identityWith(environment)).toThrow(line);
  expect(() => identityWith(environment)).toThrow(ConfigError);
});

it("identifies nobody only where it is told to", () => {
  expect(identityWith(LOCAL)).toBe(identifyLocally);
  for (const variables of [IAP, CLOUD_RUN, { ...IAP, ...ON_CLOUD_RUN }, { ...CLOUD_RUN, ...ON_CLOUD_RUN }]) {
    expect(identityWith(variables)).not.toBe(identifyLocally);
  }
});

it("identifies everybody as the same person on a developer's machine", async () => {
  const local = await identifyLocally(new Headers({ "x-goog-iap-jwt-assertion": "a.b.c", authorization: "Bearer x" }));
  expect(local).toEqual({ kind: "identified", email: "local" });
});
