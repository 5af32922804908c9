import { expect, it } from "vitest";
import * as z from "zod";
import {
  flagVariable,
  hostAndPortVariable,
  portVariable,
  readConfig,
  readConfigAndSettings,
} from "../../../../shared/runtime/config.ts";
import { type TaskSetting, secret, setting } from "../../../../shared/contract/task-settings.ts";
import { ConfigError } from "../../../../shared/runtime/config-error.ts";

const schema = z.object({
  PORT: portVariable.default(8080),
  EMULATOR: hostAndPortVariable.optional(),
  FLAG: flagVariable.default(false),
  SECRET: z.string().startsWith("whsec_", "must start with whsec_"),
});

const read = (environment: Record<string, string | undefined>) =>
  readConfig(schema, { SECRET: "whsec_x", ...environment });

function messageOf(environment: Record<string, string | undefined>): string {
  try {
    readConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("The configuration was accepted.");
}

it("reads only what the schema names", () => {
  const environment = { PORT: "9000", EMULATOR: "127.0.0.1:8123", FLAG: "true", PATH: "/bin" };
  expect(read(environment)).toEqual({
    PORT: 9_000,
    EMULATOR: { host: "127.0.0.1", port: 8_123 },
    FLAG: true,
    SECRET: "whsec_x",
  });
});

it("counts an empty variable as unset", () => {
  expect(read({ PORT: "", FLAG: "" })).toEqual({ PORT: 8_080, FLAG: false, SECRET: "whsec_x" });
  expect(messageOf({ SECRET: "" })).toBe("The configuration is invalid:\n  - SECRET: is not set.");
});

it("lists all problems at once, one line each", () => {
  const environment = {
    PORT: "eighty",
    EMULATOR: "localhost",
    FLAG: "yes",
    K_SERVICE: "w",
    FIRESTORE_EMULATOR_HOST: "x:1",
  };
  expect(messageOf(environment).split("\n")).toEqual([
    "The configuration is invalid:",
    "  - FIRESTORE_EMULATOR_HOST: must not be set on Cloud Run, where K_SERVICE is set.",
    "  - PORT: must be a whole number from 0 to 65535, in plain digits.",
    "  - EMULATOR: must be host:port, for example 127.0.0.1:8123.",
    '  - FLAG: must be "true" or "false".',
    "  - SECRET: is not set.",
  ]);
});

it("describes a problem of several variables without naming one", () => {
  const both = z.object({ A: z.string(), B: z.string() }).refine(({ A, B }) => A !== B, "A and B must differ");
  expect(() => readConfig(both, { A: "1", B: "1" })).toThrow("\n  - A and B must differ.");
});

it("never quotes a value", () => {
  const message = messageOf({ PORT: "canary-1", EMULATOR: "canary-2", FLAG: "canary-3", SECRET: "canary-4" });
  expect(message).toContain("SECRET: must start with whsec_.");
  expect(message).not.toContain("canary");
});

it.each([
  ["FIRESTORE_EMULATOR_HOST", "127.0.0.1:8090"],
  ["CLOUD_TASKS_EMULATOR_HOST", "127.0.0.1:8123"],
  ["OIDC_CERTS_URL", "http://127.0.0.1/keys"],
  ["THROUGHPUT_URL", "http://127.0.0.1/counts"],
])("refuses %s on Cloud Run and allows it elsewhere", (name, value) => {
  expect(() => read({ [name]: value, K_SERVICE: "worker" })).toThrow(
    `${name}: must not be set on Cloud Run, where K_SERVICE is set.`,
  );
  expect(read({ [name]: value }).SECRET).toBe("whsec_x");
  expect(read({ [name]: "", K_SERVICE: "worker" }).SECRET).toBe("whsec_x");
});

it.each(["-1", "65536", "1.5", "80a", "http", "0x1f90", "8e3", " 8080"])("refuses the port %j", (PORT) => {
  expect(() => read({ PORT })).toThrow("PORT:");
});

it.each(["0", "65535"])("accepts the port %s", (PORT) => {
  expect(read({ PORT }).PORT).toBe(Number(PORT));
});

it.each([
  ["tasks:8123", { host: "tasks", port: 8123 }],
  ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
  ["[::1]:8123", { host: "[::1]", port: 8123 }],
])("accepts the emulator address %s", (EMULATOR, address) => {
  expect(read({ EMULATOR }).EMULATOR).toEqual(address);
});

it.each([
  "localhost",
  "::1:8123",
  "[tasks]:8123",
  "[::1]",
  ":8123",
  "http://localhost:8123",
  "localhost:",
  "localhost:x",
  "a b:1",
  "localhost:1/",
  "a:65536",
])("refuses the emulator address %s", (EMULATOR) => {
  expect(() => read({ EMULATOR })).toThrow("EMULATOR: must be host:port");
});

it.each(["TRUE", "1", "yes"])("refuses the flag %s", (FLAG) => {
  expect(() => read({ FLAG })).toThrow("FLAG:");
});

const settings = new Map<string, TaskSetting>([
  ["API_KEY", secret({ schema: z.string().startsWith("key_", "must start with key_"), local: "key_local" })],
  ["ALLOW_ALL", setting({ schema: flagVariable.default(false), local: "true", localOnly: true })],
  ["PAGES", setting({ schema: z.coerce.number().default(10) })],
]);

const readBoth = (environment: Record<string, string | undefined>) =>
  readConfigAndSettings(z.object({ PORT: portVariable }), settings, { PORT: "1", ...environment });

it("reads the variables that task types declare, besides the configuration", () => {
  const { config, settings } = readBoth({ API_KEY: "key_1", ALLOW_ALL: "", PAGES: "7" });
  expect(config).toEqual({ PORT: 1 });
  expect(Object.fromEntries(settings)).toEqual({ API_KEY: "key_1", ALLOW_ALL: false, PAGES: 7 });
});

it("lists the problems of both at once, by name, and never quotes a value", () => {
  const read = () => readBoth({ PORT: "canary", PAGES: "canary", ALLOW_ALL: "canary" });
  expect(read).toThrow(
    /PORT: must be a whole number from 0 to 65535, in plain digits\.\n {2}- API_KEY: is not set\.\n {2}- ALLOW_ALL: must be "true" or "false"\.\n {2}- PAGES: must be a number/,
  );
  expect(read).not.toThrow("canary");
});

it("refuses a declared local-only variable on Cloud Run and nowhere else", () => {
  const both = { API_KEY: "key_1", ALLOW_ALL: "true" };
  expect(readBoth(both).settings.get("ALLOW_ALL")).toBe(true);
  expect(() => readBoth({ ...both, K_SERVICE: "worker" })).toThrow(
    "ALLOW_ALL: must not be set on Cloud Run, where K_SERVICE is set.",
  );
});
