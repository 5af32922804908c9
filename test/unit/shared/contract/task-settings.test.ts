import { expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import {
  type SettingValues,
  type TaskSetting,
  localVariables,
  secret,
  setting,
} from "../../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";

const common = { type: "a", payload: z.strictObject({}), queue: "default", timeoutMs: 1_000, attempts: 1 } as const;

it("gives each value the type of its schema", () => {
  const { settings } = defineTask({
    ...common,
    settings: { API_KEY: secret(), PAGES: setting({ schema: z.coerce.number(), local: "7" }) },
  });
  expectTypeOf<SettingValues<typeof settings>>().toEqualTypeOf<{
    readonly API_KEY: string;
    readonly PAGES: number;
  }>();
  expect(Object.keys(settings)).toEqual(["API_KEY", "PAGES"]);
});

it("gives a task type no settings unless it declares some", () => {
  expect(defineTask(common).settings).toEqual({});
});

it("gives a plain secret a made-up local value, and any other setting its declared one", () => {
  const settings = new Map<string, TaskSetting>([
    ["API_KEY", secret()],
    ["SIGNING_KEY", secret({ schema: z.string().startsWith("key_"), local: "key_local" })],
    ["BUCKET", setting({ schema: z.string().optional() })],
    ["PAGES", setting({ schema: z.coerce.number(), local: "7" })],
  ]);
  expect(localVariables(settings)).toEqual({
    API_KEY: "made-up-local-secret",
    SIGNING_KEY: "key_local",
    PAGES: "7",
  });
});

it.each(["apiKey", "API-KEY", "_API", "API_", "API__KEY", "API_2", "__proto__x", ""])("refuses the name %j", (name) => {
  expect(() => defineTask({ ...common, settings: { [name]: secret() } })).toThrow(
    new TypeError(`Task type "a": The setting "${name}" must have a name in capitals, such as WEBHOOK_KEY.`),
  );
});

it.each([
  "PORT",
  "QUEUES",
  "LOG_LEVEL",
  "GOOGLE_CLOUD_PROJECT",
  "K_SERVICE",
  "OTEL_X",
  "FIRESTORE_DATABASE",
  "NODE_ENV",
  "ACCESS",
  "PRODUCER_URL",
  "CALLER_KEYS_FROM",
])("refuses %s, which is a variable of Handoff's own", (name) => {
  expect(() => defineTask({ ...common, settings: { [name]: secret() } })).toThrow(
    `The setting ${name} has the name of one of Handoff's own variables`,
  );
});

it.each([
  ["a local value that its schema doesn't take", setting({ schema: z.enum(["true", "false"]), local: "yes" })],
  ["no local value though it must be set", setting({ schema: z.string() })],
  ["a secret's local value of another form", secret({ schema: z.string().startsWith("key_"), local: "x" })],
])("refuses %s", (_, declared) => {
  expect(() => defineTask({ ...common, settings: { A_KEY: declared } })).toThrow(
    new TypeError('Task type "a": The setting A_KEY has no local value that its schema accepts.'),
  );
});
