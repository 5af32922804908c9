import { expect, test } from "vitest";
import { parseSettings as parseFor } from "../../../infra/settings/settings.ts";
import { FIXTURE } from "../support/fixture-registry.ts";

const NEEDED = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };
const INTERNAL = { "handoff:producerIngress": "internal" };

const parseSettings = (given: Readonly<Record<string, string>>) => parseFor({ ...NEEDED, ...given }, FIXTURE);

test("a stack has a console that works in every project, unless it says otherwise", () => {
  expect(parseSettings({}).console).toBe("cloud-run");
  expect(parseSettings({ "handoff:console": "iap" }).console).toBe("iap");
  expect(parseSettings({ "handoff:console": "off" }).console).toBe("off");
});

test.each(["services", "a", "projects/network-host/regions/europe-west1/subnetworks/services"])(
  "an internal producer may have a console in a subnet: %s",
  (consoleSubnet) => {
    for (const reachedBy of ["cloud-run", "iap"]) {
      const given = { ...INTERNAL, "handoff:console": reachedBy, "handoff:consoleSubnet": consoleSubnet };
      expect(parseSettings(given)).toMatchObject({ console: reachedBy, consoleSubnet });
    }
  },
);

test("an internal producer may have no console", () => {
  expect(parseSettings({ ...INTERNAL, "handoff:console": "off" })).toMatchObject({ producerIngress: "internal" });
});

const WITHOUT_SUBNET =
  "handoff:consoleSubnet: is needed with handoff:producerIngress internal, since the console reaches such a producer only " +
  "from a VPC network. Name a subnet with Private Google Access, or set handoff:console to off.";

test.each([
  [{ "handoff:console": "on" }, "handoff:console: must be one of cloud-run, iap, off."],
  [{ "handoff:console": "local" }, "handoff:console: must be one of cloud-run, iap, off."],
  [INTERNAL, WITHOUT_SUBNET],
  [{ ...INTERNAL, "handoff:console": "iap" }, WITHOUT_SUBNET],
  [
    { "handoff:console": "off", "handoff:consoleSubnet": "services" },
    "handoff:consoleSubnet: has no effect, since handoff:console is off: leave it out.",
  ],
  [
    { "handoff:consoleSubnet": "Services" },
    "handoff:consoleSubnet: must be a subnet's name, or projects/PROJECT/regions/",
  ],
  [{ "handoff:consoleSubnet": "regions/europe-west1/subnetworks/a" }, "handoff:consoleSubnet: must be a subnet's name"],
  [{ "handoff:consoleSubnet": "" }, "handoff:consoleSubnet: must be a subnet's name"],
  [
    { "handoff:operators": '["handoff-console@my-project-123.iam.gserviceaccount.com"]' },
    "handoff:operators.0: is an account of Handoff itself, whose role can't be changed.",
  ],
])("%j is refused with a sentence", (given, sentence) => {
  expect(() => parseSettings(given)).toThrow(sentence);
});
