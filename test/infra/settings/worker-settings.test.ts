import { expect, test } from "vitest";
import { SettingsError, parseSettings as parseFor } from "../../../infra/settings/settings.ts";
import { FIXTURE } from "../support/fixture-registry.ts";

const NEEDED = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };
const VERSION = "projects/my-project-123/secrets/sentry-dsn/versions/7";

const parseSettings = (given: Readonly<Record<string, string>>) => parseFor({ ...NEEDED, ...given }, FIXTURE);
const variables = (given: object) => ({ "handoff:workerEnvironment": JSON.stringify(given) });
const secrets = (given: object) => ({ "handoff:workerSecrets": JSON.stringify(given) });
const egress = (given: object) => ({ "handoff:workerEgress": JSON.stringify(given) });

test("the worker may have variables, and secrets by the versions' full names", () => {
  const settings = parseSettings({
    ...variables({ SENTRY_ENVIRONMENT: "staging", a_1: "" }),
    ...secrets({ DSN: VERSION }),
  });
  expect(settings.workerEnvironment).toEqual(
    new Map([
      ["SENTRY_ENVIRONMENT", "staging"],
      ["a_1", ""],
    ]),
  );
  expect(settings.workerSecrets).toEqual(
    new Map([["DSN", { project: "my-project-123", name: "sentry-dsn", version: "7" }]]),
  );
});

test("the worker's requests may leave by an address that stays, or through a subnet, all of them unless it says otherwise", () => {
  const elsewhere = "projects/network-host/regions/europe-west1/subnetworks/services";
  expect(parseSettings({}).workerEgress).toBeUndefined();
  expect(parseSettings({ "handoff:workerEgress": "static-ip" }).workerEgress).toBe("static-ip");
  expect(parseSettings(egress({ subnet: "services" })).workerEgress).toEqual({ subnet: "services", traffic: "all" });
  expect(parseSettings(egress({ subnet: elsewhere, traffic: "private-ranges" })).workerEgress).toEqual({
    subnet: elsewhere,
    traffic: "private-ranges",
  });
});

const EGRESS = "handoff:workerEgress: must be static-ip, or a map with a subnet and, if need be, traffic.";
const IN_ANOTHER = "is in us-central1, and must be in the services' region, which is europe-west1.";
const ANOTHER = "projects/network-host/regions/us-central1/subnetworks/services";

test.each<[Readonly<Record<string, string>>, string]>([
  [variables({ "SENTRY-DSN": "x" }), "handoff:workerEnvironment.SENTRY-DSN: must be a variable's name, such as"],
  [variables({ "": "x" }), "handoff:workerEnvironment.: must be a variable's name"],
  [
    variables({ RELEASE: 7 }),
    "handoff:workerEnvironment.RELEASE: must be a text: write numbers, true and false in quo",
  ],
  [variables({ A: "x".repeat(32_769) }), "handoff:workerEnvironment.A: must not be longer than 32768 characters."],
  [variables(["A"]), "handoff:workerEnvironment: must be a map of variables and texts."],
  [{ "handoff:workerEnvironment": "A=b" }, "handoff:workerEnvironment: must be a map of variables and texts."],
  [variables({ QUEUES: "{}" }), "handoff:workerEnvironment.QUEUES: is the name of one of Handoff's own variables"],
  [variables({ K_SERVICE: "x" }), "handoff:workerEnvironment.K_SERVICE: is the name of one of Handoff's own variables"],
  [secrets({ INVOKER_CHECK: VERSION }), "handoff:workerSecrets.INVOKER_CHECK: is the name of one of Handoff's own"],
  [
    variables({ WEBHOOK_SIGNING_SECRET: "x" }),
    "handoff:workerEnvironment.WEBHOOK_SIGNING_SECRET: is declared by a task type: set handoff:webhookSigningSecret inst",
  ],
  [
    secrets({ WEBHOOK_SIGNING_SECRET: VERSION }),
    "handoff:workerSecrets.WEBHOOK_SIGNING_SECRET: is declared by a task type: set handoff:webhookSigningSecret instead.",
  ],
  [
    variables({ WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true" }),
    "handoff:workerEnvironment.WEBHOOK_ALLOW_PRIVATE_ADDRESSES: is only for a developer's machine: leave it out.",
  ],
  [
    { ...variables({ DSN: "x" }), ...secrets({ DSN: VERSION }) },
    "handoff:workerSecrets.DSN: is in handoff:workerEnvironment, too: leave one out.",
  ],
  [
    secrets({ DSN: "sentry-dsn" }),
    "handoff:workerSecrets.DSN: must be the full name of a secret's version, for example",
  ],
  [
    secrets({ DSN: VERSION.replace("/7", "/latest") }),
    "handoff:workerSecrets.DSN: must name a version by its number: with latest, an earlier revision would change, too",
  ],
  [{ "handoff:workerEgress": "static" }, EGRESS],
  [egress(["services"]), EGRESS],
  [egress({ subnet: "services", address: "static-ip" }), EGRESS],
  [egress({}), "handoff:workerEgress.subnet: must be a subnet's name, or projects/PROJECT/regions/REGION/subnetworks/"],
  [egress({ subnet: "Services" }), "handoff:workerEgress.subnet: must be a subnet's name"],
  [egress({ subnet: "a", traffic: "none" }), "handoff:workerEgress.traffic: must be one of all, private-ranges."],
  [egress({ subnet: ANOTHER }), `handoff:workerEgress.subnet: ${IN_ANOTHER}`],
  [{ "handoff:consoleSubnet": ANOTHER }, `handoff:consoleSubnet: ${IN_ANOTHER}`],
])("%j is refused with a sentence", (given, sentence) => {
  expect(() => parseSettings(given)).toThrow(SettingsError);
  expect(() => parseSettings(given)).toThrow(sentence);
});

test("a refusal quotes no value", () => {
  const given = { ...variables({ QUEUES: "hunter2" }), ...secrets({ DSN: "hunter2" }) };
  expect(() => parseSettings(given)).toThrow("QUEUES");
  expect(() => parseSettings(given)).not.toThrow("hunter2");
});
