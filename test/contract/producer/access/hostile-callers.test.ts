import { expect, it } from "vitest";
import {
  ACCOUNTS,
  GCLOUD_AUDIENCE,
  PRODUCER_AUDIENCE,
  PRODUCER_URL,
  bearerOf,
  callerClaims,
  setUpCallers,
  unsignedBearerOf,
} from "../../../harness/auth/callers.ts";
import { OTHER_KEY } from "../../../harness/auth/token-rules.ts";
import { signToken } from "../../../harness/auth/tokens.ts";
import { bytesOf, exchange } from "../../../harness/network/raw-http.ts";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";

const { caller, viewer, operator, console: ours } = ACCOUNTS;
const A_TASK = `/v1/tasks/${"0".repeat(32)}-default`;

type Headers = readonly (readonly [name: string, value: string])[];
/** What is sent, and what comes of it: a status, and for those who are known, who they are. */
type Row = readonly [input: string, headers: Headers, expected: string];

const auth = (value: string) => ["Authorization", value] as const;
const serverless = (value: string) => ["X-Serverless-Authorization", value] as const;
const person = (email: string) => ["Handoff-On-Behalf-Of", email] as const;
const forged = (email: string, over: object = {}) =>
  `Bearer ${signToken(OTHER_KEY, callerClaims(email, over), { kid: "key-1" })}`;

/** Which header counts. */
const HEADERS: readonly Row[] = [
  ["no header", [], "401 no-token"],
  ["the token in Authorization", [auth(bearerOf(operator))], `404 ${operator}`],
  ["the token in X-Serverless-Authorization", [serverless(bearerOf(operator))], `404 ${operator}`],
  ["both, each a caller's own", [auth(bearerOf(operator)), serverless(bearerOf(caller))], `404 ${caller}`],
  ["both, in the other order", [serverless(bearerOf(caller)), auth(bearerOf(operator))], `404 ${caller}`],
  [
    "a forged Authorization with the signature removed beside a good X-Serverless-Authorization",
    [auth(unsignedBearerOf(operator)), serverless(bearerOf(caller))],
    `404 ${caller}`,
  ],
  [
    "the same beside a X-Serverless-Authorization whose signature Cloud Run removed",
    [auth(unsignedBearerOf(operator)), serverless(unsignedBearerOf(caller))],
    `404 ${caller}`,
  ],
  [
    "a good Authorization beside an empty X-Serverless-Authorization",
    [auth(bearerOf(operator)), serverless("")],
    "401 malformed-header",
  ],
  [
    "a good Authorization beside another scheme in X-Serverless-Authorization",
    [auth(bearerOf(operator)), serverless("Basic dTpw")],
    "401 malformed-header",
  ],
  [
    "a good Authorization beside a forged X-Serverless-Authorization",
    [auth(bearerOf(operator)), serverless(forged(operator))],
    "401 signature",
  ],
  ["two Authorization headers", [auth(bearerOf(caller)), auth(bearerOf(operator))], "401 malformed-header"],
  ["the same token twice", [auth(bearerOf(caller)), auth(bearerOf(caller))], "401 malformed-header"],
  [
    "two X-Serverless-Authorization headers",
    [serverless(bearerOf(caller)), serverless(unsignedBearerOf(operator))],
    "401 malformed-header",
  ],
  [
    "a header of another case",
    [["x-SERVERLESS-authorization", bearerOf(caller)], auth(bearerOf(operator))],
    `404 ${caller}`,
  ],
  [
    "a header that only looks alike",
    [["X_Serverless_Authorization", unsignedBearerOf(operator)], auth(bearerOf(caller))],
    `404 ${caller}`,
  ],
  ["a lower-case bearer", [auth(bearerOf(caller).replace("Bearer", "bearer"))], "401 malformed-header"],
  ["an IAP assertion", [["X-Goog-IAP-JWT-Assertion", bearerOf(operator).slice(7)]], "401 no-token"],
];

/** Who may name the person on whose behalf a request is, and how. */
const ON_BEHALF: readonly Row[] = [
  ["the console, for an operator", [auth(bearerOf(ours)), person(operator)], `404 ${operator}`],
  ["the same, in X-Serverless-Authorization", [serverless(bearerOf(ours)), person(operator)], `404 ${operator}`],
  ["the console, for nobody", [auth(bearerOf(ours))], `403 ${ours}`],
  ["the console in another case", [auth(bearerOf(ours.toUpperCase())), person(operator)], `404 ${operator}`],
  ["a caller, for an operator", [auth(bearerOf(caller)), person(operator)], "403 not-the-console"],
  ["a caller, for itself", [auth(bearerOf(caller)), person(caller)], "403 not-the-console"],
  ["a viewer, for an operator", [auth(bearerOf(viewer)), person(operator)], "403 not-the-console"],
  ["an operator, for a viewer", [auth(bearerOf(operator)), person(viewer)], "403 not-the-console"],
  ["the worker, for an operator", [auth(bearerOf(ACCOUNTS.worker)), person(operator)], "403 not-the-console"],
  ["a caller, for nobody in particular", [auth(bearerOf(caller)), person("")], "403 not-the-console"],
  ["nobody, for an operator", [person(operator)], "401 no-token"],
  ["a forged token of the console", [auth(forged(ours)), person(operator)], "401 signature"],
  [
    "a forged token of the console beside a caller's own",
    [auth(unsignedBearerOf(ours)), serverless(bearerOf(caller)), person(operator)],
    "403 not-the-console",
  ],
  [
    "the console's token beside a caller's own",
    [auth(bearerOf(ours)), serverless(bearerOf(caller)), person(operator)],
    "403 not-the-console",
  ],
  [
    "a caller's token beside the console's own",
    [auth(bearerOf(caller)), serverless(bearerOf(ours)), person(operator)],
    `404 ${operator}`,
  ],
  [
    "an address that only begins like the console's",
    [auth(bearerOf(`${ours}.evil.example`)), person(operator)],
    "403 not-the-console",
  ],
  ["an operator in another case", [auth(bearerOf(ours)), person("OPS@Example.COM")], `404 ${operator}`],
  ["a header of another case", [auth(bearerOf(ours)), ["HANDOFF-on-behalf-OF", operator]], `404 ${operator}`],
  ["a header that only looks alike", [auth(bearerOf(ours)), ["Handoff_On_Behalf_Of", operator]], `403 ${ours}`],
  ["spaces around the address", [auth(bearerOf(ours)), person(`  ${operator} `)], `404 ${operator}`],
  ["a space in the address", [auth(bearerOf(ours)), person("ops @example.com")], "403 person-form"],
  ["an empty header", [auth(bearerOf(ours)), person("")], "403 person-form"],
  ["two addresses", [auth(bearerOf(ours)), person(`${viewer}, ${operator}`)], "403 person-form"],
  ["two addresses without a space", [auth(bearerOf(ours)), person(`${viewer},${operator}`)], "403 person-form"],
  ["two headers", [auth(bearerOf(ours)), person(viewer), person(operator)], "403 person-form"],
  ["the same header twice", [auth(bearerOf(ours)), person(operator), person(operator)], "403 person-form"],
  ["an empty header and one that isn't", [auth(bearerOf(ours)), person(""), person(operator)], "403 person-form"],
  ["an address in angle brackets", [auth(bearerOf(ours)), person(`<${operator}>`)], "403 person-without-role"],
  ["an IAM member", [auth(bearerOf(ours)), person(`user:${operator}`)], "403 person-without-role"],
  ["IAP's other header", [auth(bearerOf(ours)), person(`accounts.google.com:${operator}`)], "403 person-without-role"],
  ["a long s, as UTF-8", [auth(bearerOf(ours)), person("op\u00c5\u00bf@example.com")], "403 person-form"],
  ["letters that aren't ASCII", [auth(bearerOf(ours)), person("\u00f6ps@example.com")], "403 person-form"],
  ["an address of 300 characters", [auth(bearerOf(ours)), person(`${"a".repeat(300)}@example.com`)], "403 person-form"],
  ["a group's e-mail", [auth(bearerOf(ours)), person("developers@example.com")], "403 person-without-role"],
  ["a caller", [auth(bearerOf(ours)), person(caller)], "403 person-without-role"],
  ["the worker", [auth(bearerOf(ours)), person(ACCOUNTS.worker)], "403 person-is-ours"],
  ["the console itself", [auth(bearerOf(ours)), person(ours)], "403 person-is-ours"],
  ["the invoker in another case", [auth(bearerOf(ours)), person(ACCOUNTS.invoker.toUpperCase())], "403 person-is-ours"],
  [
    "the name of an object's own property",
    [auth(bearerOf(ours)), person("__proto__@example.com")],
    "403 person-without-role",
  ],
];

const MADE_UP = "https://handoff-producer-abcdefghij-ew.a.run.app";

/** Whom a token is for, and whom it names. */
const CLAIMS: readonly Row[] = [
  ["another's signature", [auth(forged(operator))], "401 signature"],
  [
    "the worker's audience",
    [auth(bearerOf(caller, { aud: "https://handoff-worker.handoff-test.internal" }))],
    "401 audience",
  ],
  ["the producer's audience with a slash", [auth(bearerOf(caller, { aud: `${PRODUCER_AUDIENCE}/` }))], "401 audience"],
  ["a list of audiences", [auth(bearerOf(caller, { aud: [PRODUCER_AUDIENCE] }))], "401 audience"],
  ["the producer's URL", [auth(bearerOf(caller, { aud: PRODUCER_URL }))], `404 ${caller}`],
  ["the URL of another project", [auth(bearerOf(caller, { aud: PRODUCER_URL.replace("123", "321") }))], "401 audience"],
  ["the address that Cloud Run made up", [auth(bearerOf(caller, { aud: MADE_UP }))], `404 ${caller}`],
  [
    "another service's address",
    [auth(bearerOf(caller, { aud: MADE_UP.replace("producer-", "producer-x-") }))],
    "401 audience",
  ],
  [
    "an address that only begins like ours",
    [auth(bearerOf(caller, { aud: `${MADE_UP}.evil.example` }))],
    "401 audience",
  ],
  ["a person's token of gcloud", [auth(bearerOf(operator, { aud: GCLOUD_AUDIENCE }))], `404 ${operator}`],
  [
    "the same, with its signature removed",
    [auth(unsignedBearerOf(operator, { aud: GCLOUD_AUDIENCE }))],
    `404 ${operator}`,
  ],
  ["a service account's token of gcloud", [auth(bearerOf(caller, { aud: GCLOUD_AUDIENCE }))], "401 audience"],
  ["the same in upper case", [auth(bearerOf(caller.toUpperCase(), { aud: GCLOUD_AUDIENCE }))], "401 audience"],
  [
    "a token of gcloud that names nobody",
    [auth(bearerOf(operator, { aud: GCLOUD_AUDIENCE, email: undefined }))],
    "401 audience",
  ],
  ["no e-mail", [auth(bearerOf(operator, { email: undefined }))], "403 no-email"],
  ["a list of e-mails", [auth(bearerOf(operator, { email: [operator] }))], "403 email-form"],
  ["an e-mail that isn't verified", [auth(bearerOf(operator, { email_verified: false }))], "403 email-not-verified"],
  ['one that is verified as "true"', [auth(bearerOf(operator, { email_verified: "true" }))], "403 email-not-verified"],
  ["an operator in another case", [auth(bearerOf("Ops@Example.COM"))], `404 ${operator}`],
  [
    "one of Handoff's own accounts in another case",
    [auth(bearerOf(ACCOUNTS.invoker.toUpperCase()))],
    `403 ${ACCOUNTS.invoker}`,
  ],
  ["an operator with a long s", [auth(bearerOf("op\u017f@example.com"))], "403 email-form"],
  ["an operator with a full-width letter", [auth(bearerOf("\uff4fps@example.com"))], "403 email-form"],
  ["an operator with a space before it", [auth(bearerOf(` ${operator}`))], "403 email-form"],
  ["an operator with NUL after it", [auth(bearerOf(`${operator}\0`))], "403 email-form"],
  ["two addresses", [auth(bearerOf(`${operator},${caller}`))], "403 email-form"],
  ["an address of 300 characters", [auth(bearerOf(`${"a".repeat(300)}@example.com`))], "403 email-form"],
  ["a group's e-mail, which names no role", [auth(bearerOf("developers@example.com"))], "404 developers@example.com"],
  ["the name of an object's own property", [auth(bearerOf("__proto__@example.com"))], "404 __proto__@example.com"],
  ["an expired token", [auth(bearerOf(caller, { iat: 1_000, exp: 4_600 }))], "401 expired"],
];

/** What comes of each row at a producer with these variables. */
async function outcomesOf(rows: readonly Row[], variables: Readonly<Record<string, string>> = {}) {
  const { access } = await setUpCallers(variables);
  const producer = await setUpProducer({ access });
  const port = Number(new URL(producer.url).port);
  const outcomes: Record<string, string> = {};
  for (const [input, headers] of rows) {
    const all = [["Host", "producer"], ["Connection", "close"], ...headers] as const;
    const { status, text } = await exchange(
      port,
      bytesOf({ method: "GET", target: A_TASK, headers: all, body: Buffer.alloc(0) }),
    );
    const line: { caller?: string; refusal?: string } = JSON.parse(producer.logged.at(-1) ?? "{}");
    outcomes[input] = `${status} ${line.refusal ?? line.caller}`;
    // Nothing of the token that was sent comes back or is logged.
    const tokens = headers.flatMap(([, value]) => value.split(/[ .]/)).filter((part) => part.length > 40);
    for (const part of tokens) expect(text + producer.logged.join("")).not.toContain(part);
  }
  return { outcomes, producer };
}

const expectedOf = (rows: readonly Row[]) => Object.fromEntries(rows.map(([input, , expected]) => [input, expected]));
/** Its queue is asked about a task that nobody knows before and after the outbox is. */
const LOOKS = 2;
const known = (rows: readonly Row[]) => rows.filter(([, , expected]) => expected.startsWith("404")).length;

it("accepts only the header that Cloud Run checked", async () => {
  const { outcomes, producer } = await outcomesOf(HEADERS);
  expect(outcomes).toEqual(expectedOf(HEADERS));
  expect(producer.calls("GetTask")).toBe(LOOKS * known(HEADERS));
});

it("lets only the console name a person, and only by one address of an operator or a viewer", async () => {
  const { outcomes, producer } = await outcomesOf(ON_BEHALF);
  expect(outcomes).toEqual(expectedOf(ON_BEHALF));
  expect(producer.calls("GetTask")).toBe(LOOKS * known(ON_BEHALF));
});

it("accepts a token that was issued for the producer and names somebody", async () => {
  const { outcomes, producer } = await outcomesOf(CLAIMS);
  expect(outcomes).toEqual(expectedOf(CLAIMS));
  expect(producer.calls("GetTask")).toBe(LOOKS * known(CLAIMS));
});

/** Without infra's statement nothing says that Cloud Run has checked anything. */
const UNCHECKED: readonly Row[] = [
  ["a removed signature in Authorization", [auth(unsignedBearerOf(operator))], "401 signature-removed"],
  [
    "a removed signature in X-Serverless-Authorization",
    [serverless(unsignedBearerOf(operator))],
    "401 signature-removed",
  ],
  [
    "a removed signature beside a good one",
    [auth(bearerOf(operator)), serverless(unsignedBearerOf(operator))],
    "401 signature-removed",
  ],
  ["an address that Cloud Run might have made up", [auth(bearerOf(caller, { aud: MADE_UP }))], "401 audience"],
  ["a good token", [auth(bearerOf(caller))], `404 ${caller}`],
];

it.each([
  ["without infra's statement", { INVOKER_CHECK: "" }],
  ["off Cloud Run", { K_SERVICE: "" }],
])("accepts no removed signature %s", async (_, variables) => {
  const { outcomes } = await outcomesOf(UNCHECKED, variables);
  expect(outcomes).toEqual(expectedOf(UNCHECKED));
});

it("answers 503 while nobody can be identified", async () => {
  const { access, server } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const headers = { authorization: bearerOf(caller) };
  server.respondWith({ status: 500, body: "" });
  const refused = await producer.send(A_TASK, { headers });
  expect(refused).toMatchObject({ status: 503, body: { code: "keys-unavailable" } });
  expect(refused.headers.get("retry-after")).toBe("5");
  expect(producer.calls("GetTask")).toBe(0);
});
