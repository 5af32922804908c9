import { expect, test } from "vitest";
import { standInStack } from "../engine/stand-in-stack.ts";
import type { RanStep } from "../engine/test-stack.ts";

/** What a change of one setting does to the dev example. Alerts are counted, since all of them tell the same people. */
const CHANGES: readonly (readonly [Readonly<Record<string, string>>, readonly string[]])[] = [
  [{ "handoff:workerMaxInstances": "7" }, ["update Service worker"]],
  [{ "handoff:logLevel": "info" }, ["update Service console", "update Service producer", "update Service worker"]],
  [{ "handoff:imagesKept": "3" }, ["update Repository images"]],
  [
    { "handoff:notificationEmails": '["you@example.com","two@example.com"]' },
    ["create NotificationChannel mail-two@example.com", "update AlertPolicy"],
  ],
  [
    { "handoff:workerEgress": "static-ip" },
    [
      "create Address egress",
      "create Network egress",
      "create Router egress",
      "create RouterNat egress",
      "create Service compute.googleapis.com",
      "create Subnetwork egress",
      "update Service worker",
    ],
  ],
  [
    { "handoff:console": "off" },
    [
      "delete Account handoff-dev-console",
      "delete Image console",
      "delete Service console",
      "delete ServiceIamMember console-calls-producer",
      "delete ServiceIamMember user:you@example.com-calls-console",
      "delete ServiceIamMember user:you@example.com-finds-console",
      "update ProjectExclusion logs",
      "update Service producer",
    ],
  ],
];

/** Steps with resources of providers, each once, with alerts as one. */
function shown(steps: readonly RanStep[]): string[] {
  const lines = steps.flatMap(({ op, type, urn }) => {
    const kind = type.split(":").at(-1) ?? "";
    if (/^(handoff|pulumi):/.test(type)) return [];
    return [kind === "AlertPolicy" ? `${op} ${kind}` : `${op} ${kind} ${urn.split("::").at(-1)}`];
  });
  return [...new Set(lines)].toSorted();
}

test("a setting of the dev example that changes touches what it means, and nothing else", async () => {
  const { stack } = await standInStack("dev");
  await stack.up();
  for (const [change, expected] of CHANGES) {
    await stack.configure(change);
    const preview = await stack.preview();
    expect.soft({ change, steps: shown(preview.steps) }).toEqual({ change, steps: expected });
    await stack.restore();
  }
});

const OTHER_DATABASE = {
  "handoff:database": "(default)",
  "handoff:databaseLocation": "eur3",
  "handoff:backupRetentionDays": undefined,
  "handoff:weeklyBackupRetentionWeeks": undefined,
};

test("another database is refused by a protected stack's preview, and shown as a deletion by an unprotected one's", async () => {
  const production = await standInStack("production");
  await production.stack.up();
  await production.stack.configure(OTHER_DATABASE);
  expect(await production.stack.preview()).toMatchObject({
    succeeded: false,
    output: expect.stringMatching(/cannot be deleted[^]*protect/),
  });

  const dev = await standInStack("dev");
  await dev.stack.up();
  await dev.stack.configure(OTHER_DATABASE);
  const preview = await dev.stack.preview();
  expect(preview).toMatchObject({ succeeded: true });
  expect(shown(preview.steps)).toContain("delete Database records");
});

test("what somebody deleted by hand is noticed by a refresh, and made again by the next update", async () => {
  const { stack, standIn } = await standInStack("dev");
  const up = await stack.up();
  const queue = up.steps.find(({ type }) => type === "gcp:cloudtasks/queue:Queue")?.urn ?? "";
  standIn.lose(queue);

  expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
  expect(await stack.refresh()).toMatchObject({ succeeded: true });
  expect((await stack.preview()).steps.filter(({ urn }) => urn === queue)).toMatchObject([{ op: "create" }]);
  expect(await stack.up()).toMatchObject({ succeeded: true });
  expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
});

test("a setting that is wrong is refused by the preview with its sentence, and nothing is made", async () => {
  const { stack, standIn } = await standInStack("dev");
  await stack.configure({ "handoff:workerMaxInstances": "many", "handoff:nothing": "1" });
  const refused = await stack.up();

  expect(refused).toMatchObject({ succeeded: false });
  expect(refused.output).toContain("handoff:workerMaxInstances: ");
  expect(refused.output).toContain("handoff:nothing: there is no such setting");
  expect(refused.output).not.toContain("    at ");
  expect(standIn.calls).toEqual([]);
});
