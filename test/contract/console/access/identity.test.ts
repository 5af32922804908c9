import { expect, it } from "vitest";
import { assertionClaims, makeElliptic, signAssertion } from "../../../harness/auth/assertions.ts";
import {
  ACCOUNTS,
  GCLOUD_AUDIENCE,
  PRODUCER_AUDIENCE,
  bearerOf,
  unsignedBearerOf,
} from "../../../harness/auth/callers.ts";
import { CONSOLE_AUDIENCE, CONSOLE_URL, type Headers, IAP_KEY, setUpOnePage } from "./one-page.ts";

const { operator, viewer, caller } = ACCOUNTS;
const FORGER = makeElliptic("iap-1");
/** As which IAP calls Cloud Run (https://cloud.google.com/iap/docs/enabling-cloud-run). */
const IAP_AGENT = "service-123456789012@gcp-sa-iap.iam.gserviceaccount.com";

const asserted = (email: string, over: object = {}, key = IAP_KEY) => {
  const claims = { ...assertionClaims({ email, nowMs: Date.now() }), ...over };
  return ["X-Goog-IAP-JWT-Assertion", signAssertion(key, claims)] as const;
};
const auth = (value: string) => ["Authorization", value] as const;
const serverless = (value: string) => ["X-Serverless-Authorization", value] as const;
/** A token for the console. */
const token = (email: string, over: object = {}) => bearerOf(email, { aud: CONSOLE_AUDIENCE, ...over });
/** The same, whose signature Cloud Run has removed, or somebody else. */
const stripped = (email: string, over: object = {}) => unsignedBearerOf(email, { aud: CONSOLE_AUDIENCE, ...over });

/** What is sent, and what comes of it. */
type Row = readonly [sent: string, headers: Headers, expected: string];

const IAP: readonly Row[] = [
  ["nothing", [], "401 no-token"],
  ["an operator's assertion", [asserted(operator)], `200 ${operator} operator`],
  ["a viewer's, in capitals", [asserted(viewer.toUpperCase())], `200 ${viewer} viewer`],
  [
    "one as IAP sends it, beside its own token",
    [asserted(viewer), serverless(stripped(IAP_AGENT))],
    `200 ${viewer} viewer`,
  ],
  ["a viewer's, beside an operator's token", [asserted(viewer), auth(token(operator))], `200 ${viewer} viewer`],
  [
    "a viewer's, beside an operator's token in the other header",
    [serverless(token(operator)), asserted(viewer)],
    `200 ${viewer} viewer`,
  ],
  ["an operator's token alone", [auth(token(operator))], "401 no-token"],
  ["an operator's token where Cloud Run checks it", [serverless(stripped(operator))], "401 no-token"],
  ["a forged assertion", [asserted(operator, {}, FORGER)], "401 signature"],
  [
    "a forged assertion beside an operator's token",
    [asserted(operator, {}, FORGER), auth(token(operator)), serverless(token(operator))],
    "401 signature",
  ],
  [
    "an empty assertion beside an operator's token",
    [["x-goog-iap-jwt-assertion", ""], auth(token(operator))],
    "401 malformed-header",
  ],
  ["two assertions", [asserted(viewer), asserted(operator)], "401 malformed-header"],
  ["an identity token as an assertion", [["x-goog-iap-jwt-assertion", token(operator).slice(7)]], "401 algorithm"],
  ["another service's", [asserted(operator, { aud: "/projects/1/locations/a/services/b" })], "401 audience"],
  ["one that has expired", [asserted(operator, { iat: 1_000, exp: 1_600 })], "401 expired"],
  ["IAP's header without a signature", [["X-Goog-Authenticated-User-Email", operator]], "401 no-token"],
  ["an address with a long s", [asserted("op\u017f@example.com")], "403 email-form"],
  ["another identity provider's", [asserted(operator, { sub: "securetoken.google.com/p:1" })], "403 identity-source"],
  ["a caller's", [asserted(caller)], `502 ${caller} refused by the producer with 403`],
  ["somebody's without a role", [asserted("new@example.com")], "502 new@example.com refused by the producer with 403"],
  ["the console's own", [asserted(ACCOUNTS.console)], `502 ${ACCOUNTS.console} refused by the producer with 403`],
  ["a viewer's who names an operator", [asserted(viewer), ["Handoff-On-Behalf-Of", operator]], `200 ${viewer} viewer`],
];

const CLOUD_RUN: readonly Row[] = [
  ["nothing", [], "401 no-token"],
  [
    "a person's token, as gcloud's proxy sends it",
    [serverless(token(operator, { aud: GCLOUD_AUDIENCE }))],
    `200 ${operator} operator`,
  ],
  [
    "the same, after Cloud Run has checked it",
    [serverless(stripped(operator, { aud: GCLOUD_AUDIENCE }))],
    `200 ${operator} operator`,
  ],
  ["the same, as an older proxy sends it", [auth(token(viewer, { aud: GCLOUD_AUDIENCE }))], `200 ${viewer} viewer`],
  ["a token for the console's URL", [auth(token(viewer, { aud: CONSOLE_URL }))], `200 ${viewer} viewer`],
  [
    "a token for the address that Cloud Run made up",
    [auth(token(viewer, { aud: "https://handoff-console-abcdefghij-ew.a.run.app" }))],
    `200 ${viewer} viewer`,
  ],
  ["a service account's token of gcloud", [auth(token(caller, { aud: GCLOUD_AUDIENCE }))], "401 audience"],
  ["a token for the producer", [auth(token(operator, { aud: PRODUCER_AUDIENCE }))], "401 audience"],
  ["both headers", [auth(token(operator)), serverless(token(viewer))], `200 ${viewer} viewer`],
  [
    "a forged Authorization beside a viewer's token",
    [auth(stripped(operator)), serverless(stripped(viewer))],
    `200 ${viewer} viewer`,
  ],
  ["a good Authorization beside an empty header", [auth(token(operator)), serverless("")], "401 malformed-header"],
  ["an operator's assertion alone", [asserted(operator)], "401 no-token"],
  [
    "an operator's assertion beside a viewer's token",
    [asserted(operator), auth(token(viewer))],
    `200 ${viewer} viewer`,
  ],
  [
    "an operator's assertion beside a token that isn't for us",
    [asserted(operator), auth(token(viewer, { aud: PRODUCER_AUDIENCE }))],
    "401 audience",
  ],
  [
    "what IAP sends, though nothing says that it stands before the console",
    [asserted(operator), serverless(stripped(IAP_AGENT))],
    `502 ${IAP_AGENT} refused by the producer with 403`,
  ],
  ["an expired token", [auth(token(operator, { iat: 1_000, exp: 4_600 }))], "401 expired"],
  ["an address that isn't verified", [auth(token(operator, { email_verified: false }))], "403 email-not-verified"],
  ["a caller's", [auth(token(caller))], `502 ${caller} refused by the producer with 403`],
];

const expectedOf = (rows: readonly Row[]) => Object.fromEntries(rows.map(([sent, , expected]) => [sent, expected]));

async function outcomesOf(rows: readonly Row[], page: { look(headers: Headers): Promise<string> }) {
  const outcomes: Record<string, string> = {};
  for (const [sent, headers] of rows) outcomes[sent] = await page.look(headers);
  return outcomes;
}

it("uses only IAP's assertion if IAP is in front of the console", async () => {
  const page = await setUpOnePage({ CONSOLE_IDENTITY: "iap", INVOKER_CHECK: "on" });
  expect(await outcomesOf(IAP, page)).toEqual(expectedOf(IAP));
  expect(page.googleKeys.fetches).toBe(0);
});

it("uses only the token that Cloud Run checked if IAP isn't", async () => {
  const page = await setUpOnePage({ CONSOLE_IDENTITY: "cloud-run", INVOKER_CHECK: "on" });
  expect(await outcomesOf(CLOUD_RUN, page)).toEqual(expectedOf(CLOUD_RUN));
  expect(page.iapKeys.fetches).toBe(0);
});

it.each([
  ["without infra's statement", { INVOKER_CHECK: "" }],
  ["off Cloud Run", { INVOKER_CHECK: "on", K_SERVICE: "" }],
])("accepts no removed signature %s", async (_, variables) => {
  const page = await setUpOnePage({ CONSOLE_IDENTITY: "cloud-run", ...variables });
  expect(await page.look([serverless(stripped(operator))])).toBe("401 signature-removed");
  expect(await page.look([serverless(token(operator))])).toBe(`200 ${operator} operator`);
});

it("sends the producer the person's address, in lower case, and nothing for unknown people", async () => {
  const page = await setUpOnePage({ CONSOLE_IDENTITY: "iap" });
  await page.look([asserted("Ops@Example.com")]);
  await page.look([asserted(operator, {}, FORGER)]);
  expect(page.sent).toEqual([operator]);
});

it("answers 503 while the keys of those who vouch for people can't be fetched", async () => {
  const iap = await setUpOnePage({ CONSOLE_IDENTITY: "iap" });
  iap.iapKeys.respondWith({ status: 500, body: "" });
  expect(await iap.look([asserted(operator), auth(token(operator))])).toBe("503 keys-unavailable");

  const cloudRun = await setUpOnePage({ CONSOLE_IDENTITY: "cloud-run" });
  cloudRun.googleKeys.respondWith("reset");
  expect(await cloudRun.look([asserted(operator), auth(token(operator))])).toBe("503 keys-unavailable");
});

it("identifies everybody as the one person of a laptop there, and names nobody to the producer", async () => {
  const page = await setUpOnePage({ CONSOLE_IDENTITY: "local" });
  for (const headers of [[], [asserted(viewer)], [auth(token(viewer))], [["Handoff-On-Behalf-Of", viewer]]] as const) {
    expect(await page.look(headers)).toBe("200 local operator");
  }
  expect(page.sent).toEqual([null, null, null, null]);
});
