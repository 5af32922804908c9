import { expect, test } from "vitest";
import * as z from "zod";
import { SettingsError, parseSettings } from "../../../infra/settings/settings.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { type TaskSettings, secret, setting } from "../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { FIXTURE, WIDER_FIXTURE } from "../support/fixture-registry.ts";

const NEEDED = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };
const MAIL = { "handoff:mailKey": "[1]", "handoff:mailSender": "us@example.com" };

test("settings that task types declare are read from the stack's configuration as written", () => {
  const { taskSettings } = parseSettings({ ...NEEDED, ...MAIL, "handoff:mailPages": "7" }, WIDER_FIXTURE);
  expect(taskSettings).toEqual({
    variables: new Map([
      ["MAIL_SENDER", "us@example.com"],
      ["MAIL_PAGES", "7"],
    ]),
    secrets: new Map([["MAIL_KEY", "[1]"]]),
  });
});

test.each([
  [{ "handoff:mailKey": undefined }, "mailKey: is not set. Set it with: pulumi config set --secret handoff:mailKey …"],
  [{ "handoff:mailSender": undefined }, "mailSender: is not set. Set it with: pulumi config set handoff:mailSender …"],
  [{ "handoff:mailSender": "nobody" }, "handoff:mailSender: must be an e-mail address."],
  [{ "handoff:mailPages": "many" }, "handoff:mailPages: must be a number."],
  [
    { "handoff:webhookAllowPrivateAddresses": "true" },
    "handoff:webhookAllowPrivateAddresses: there is no such setting. The settings are: project,",
  ],
  [{ "handoff:mailPage": "7" }, "schedulesOff, webhookSigningSecret, mailKey, mailSender, mailPages."],
])("%j, where task types declare settings, is refused with an explanation", (change, sentence) => {
  const values = { ...NEEDED, ...MAIL, ...change };
  const given = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  expect(() => parseSettings(Object.fromEntries(given), WIDER_FIXTURE)).toThrow(SettingsError);
  expect(() => parseSettings(Object.fromEntries(given), WIDER_FIXTURE)).toThrow(sentence);
});

test("a wrong signing secret is refused without being quoted", () => {
  const values = { ...NEEDED, "handoff:webhookSigningSecret": "hunter2hunter2" };
  expect(() => parseSettings(values, FIXTURE)).toThrow("handoff:webhookSigningSecret: must be a webhook secret.");
  expect(() => parseSettings(values, FIXTURE)).not.toThrow("hunter2");
});

/** A registry whose only task type declares these settings. */
function registryWith(settings: TaskSettings) {
  const payload = z.strictObject({});
  const odd = defineTask({ type: "odd", payload, queue: "bulk", timeoutMs: 1, attempts: 1, settings });
  return defineRegistry({ queues: TEST_QUEUES, taskTypes: [odd] });
}

test("a task's setting can't take the name of one of ours", () => {
  expect(() => parseSettings(NEEDED, registryWith({ REGION: secret() }))).toThrow(
    "REGION: a task can't declare a setting with this name, since Handoff uses handoff:region itself.",
  );
});

test("a task's setting whose schema has no message of its own is refused in plain words", () => {
  const registry = registryWith({ MAIL_NAME: setting({ schema: z.string().max(3), local: "us" }) });
  expect(() => parseSettings({ ...NEEDED, "handoff:mailName": "nobody" }, registry)).toThrow(
    "handoff:mailName: must have at most 3 characters.",
  );
});

test("a task's plain setting that is set with --secret is refused, since its service would show it", () => {
  const values = { ...NEEDED, ...MAIL };
  const read = (secretKey: string) => () => parseSettings(values, WIDER_FIXTURE, (key) => key === secretKey);
  expect(read("handoff:mailSender")).toThrow(SettingsError);
  expect(read("handoff:mailSender")).toThrow(
    "handoff:mailSender: is set with --secret, but whoever may look up the service could read it. Declare MAIL_SENDER with " +
      "secret(…) in its task type, or set it without --secret.",
  );
  expect(read("handoff:mailKey")).not.toThrow();
});
