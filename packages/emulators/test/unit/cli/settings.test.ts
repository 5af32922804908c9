import { expect, test } from "vitest";
import { ConfigError } from "../../../src/cli/config-error.ts";
import { readSettings } from "../../../src/cli/settings.ts";

test.each([
  ["127.0.0.1:8123", { host: "127.0.0.1", port: 8123 }],
  ["tasks:9000", { host: "tasks", port: 9000 }],
  ["[::1]:8123", { host: "::1", port: 8123 }],
  ["[::ffff:127.0.0.1]:8123", { host: "::ffff:127.0.0.1", port: 8123 }],
])("listens on %s by the environment", async (address, expected) => {
  const settings = await readSettings([], { CLOUD_TASKS_EMULATOR_HOST: address, FIRESTORE_EMULATOR_HOST: address });
  expect(settings?.addresses).toEqual({ "cloud-tasks": expected, firestore: expected });
});

test.each(["::1:8123", "[::1]", "[::1:8123", "[tasks]:8123", "tasks", "tasks:70000", "http://tasks:1"])(
  "refuses the address %s",
  async (address) => {
    await expect(readSettings([], { CLOUD_TASKS_EMULATOR_HOST: address })).rejects.toThrow(ConfigError);
  },
);

test("takes the issuer of tokens", async () => {
  const settings = await readSettings(["--oidc-issuer", "http://127.0.0.1:8123"], {});
  expect(settings?.oidcIssuer).toBe("http://127.0.0.1:8123");
});

test.each(["accounts.google.com", "ftp://issuer", "http://"])("refuses the issuer %s", async (issuer) => {
  await expect(readSettings(["--oidc-issuer", issuer], {})).rejects.toThrow("--oidc-issuer must be a URL");
});
