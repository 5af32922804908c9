import { expect, it } from "vitest";
import * as z from "zod";
import { accessOf, accessVariables } from "../../../../services/producer/access/access-variables.ts";
import { identifyLocally } from "../../../../services/producer/access/identify.ts";
import { guardVariables } from "../../../../shared/http/guard.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { ConfigError } from "../../../../shared/runtime/config-error.ts";
import { readConfig } from "../../../../shared/runtime/config.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";

const LISTS = { accounts: {}, operators: [], viewers: [], callerTypes: {} };
const IDENTITY = {
  ACCESS: JSON.stringify(LISTS),
  PRODUCER_AUDIENCE: "https://a.internal",
  PRODUCER_URL: "https://a.run.app",
};

const schema = z.object({ ...guardVariables, ...accessVariables });
const log = createLogger({ service: "test", level: "silent" });

function accessWith(environment: Readonly<Record<string, string>>) {
  return accessOf(readConfig(schema, environment), { clock: systemClock, log });
}

it.each<[title: string, environment: Record<string, string>, lines: string[]]>([
  [
    "nothing",
    {},
    ["ACCESS: is not set.", "PRODUCER_AUDIENCE: is not set.", "PRODUCER_URL: is not set.", "AUTH_MODE=local"],
  ],
  ["nothing on Cloud Run", { K_SERVICE: "producer" }, ["ACCESS: is not set."]],
  ["nothing but infra's statement", { K_SERVICE: "producer", INVOKER_CHECK: "on" }, ["ACCESS: is not set."]],
  [
    "local on Cloud Run",
    { AUTH_MODE: "local", K_SERVICE: "producer" },
    ["AUTH_MODE=local: lets everybody do everything"],
  ],
  [
    "local with a list of roles",
    { ...IDENTITY, AUTH_MODE: "local" },
    ["AUTH_MODE=local: lets everybody do everything"],
  ],
  ["no audience", { ...IDENTITY, PRODUCER_AUDIENCE: "" }, ["PRODUCER_AUDIENCE: is not set."]],
  ["no address", { ...IDENTITY, PRODUCER_URL: "" }, ["PRODUCER_URL: is not set."]],
  [
    "an address in clear text",
    { ...IDENTITY, PRODUCER_URL: "http://a.run.app" },
    ["PRODUCER_URL: must be an https URL"],
  ],
  ["an unknown mode", { ...IDENTITY, AUTH_MODE: "none" }, ["AUTH_MODE: "]],
  ["another statement", { ...IDENTITY, INVOKER_CHECK: "yes" }, ["INVOKER_CHECK: "]],
  [
    "platform mode off Cloud Run",
    { ...IDENTITY, INVOKER_CHECK: "on", AUTH_MODE: "platform" },
    ["AUTH_MODE=platform: only"],
  ],
  [
    "platform mode without the statement",
    { ...IDENTITY, K_SERVICE: "p", AUTH_MODE: "platform" },
    ["AUTH_MODE=platform: only"],
  ],
  ["roles that aren't JSON", { ...IDENTITY, ACCESS: "everybody" }, ["ACCESS: must be JSON"]],
  ["no lists", { ...IDENTITY, ACCESS: "{}" }, ["ACCESS.accounts: is missing", "ACCESS.operators: is missing"]],
  [
    "a role that doesn't exist",
    { ...IDENTITY, ACCESS: JSON.stringify({ ...LISTS, accounts: { "a@b.cc": "king" } }) },
    ["ACCESS.accounts.a@b.cc: "],
  ],
  [
    "a group among the operators",
    { ...IDENTITY, ACCESS: JSON.stringify({ ...LISTS, operators: ["group"] }) },
    ["ACCESS.operators.0: must be an e-mail address"],
  ],
  [
    "a list that is unknown",
    { ...IDENTITY, ACCESS: JSON.stringify({ ...LISTS, kings: [] }) },
    ["ACCESS.kings: is not a known field"],
  ],
  ["no requests", { ...IDENTITY, CALLER_REQUESTS_PER_SECOND: "0" }, ["CALLER_REQUESTS_PER_SECOND: "]],
])("refuses %s", (_, environment, lines) => {
  for (const line of lines) expect(() => accessWith(environment)).toThrow(line);
  expect(() => accessWith(environment)).toThrow(ConfigError);
});

it("accepts everybody, without a limit, only if it is told so", () => {
  expect(accessWith({ AUTH_MODE: "local" })).toEqual({ identify: identifyLocally });
  const told = accessWith(IDENTITY);
  expect(told.identify).not.toBe(identifyLocally);
  expect(told.callerRate).toBeDefined();
});
