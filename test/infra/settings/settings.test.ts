import { expect, test } from "vitest";
import { callerMembers } from "../../../infra/settings/access-settings.ts";
import { SettingsError, parseSettings as parseFor } from "../../../infra/settings/settings.ts";
import { FIXTURE } from "../support/fixture-registry.ts";

const NEEDED = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };

const parseSettings = (configuration: Readonly<Record<string, string>>) => parseFor(configuration, FIXTURE);

test("three settings are enough, and the defaults protect what can't be recreated", () => {
  expect(parseSettings(NEEDED)).toEqual({
    project: "my-project-123",
    region: "europe-west1",
    prefix: "handoff",
    protect: true,
    callers: [],
    operators: [],
    viewers: [],
    callerRequestsPerSecond: 500,
    callerTypes: new Map(),
    notificationEmails: [],
    producerIngress: "all",
    console: "cloud-run",
    producerMinInstances: 0,
    producerMaxInstances: 8,
    workerMinInstances: 0,
    workerMaxInstances: 10,
    workerConcurrency: 40,
    producerMemoryMib: 512,
    workerMemoryMib: 2_048,
    consoleMemoryMib: 512,
    producerCpus: "1",
    workerCpus: "1",
    consoleCpus: "1",
    deadLetterRetentionDays: 90,
    backupRetentionDays: 7,
    grantSettleSeconds: 120,
    imagesKept: 10,
    traceSampleRatio: 0,
    logLevel: "info",
    authMode: "auto",
    requestLog: "failed",
    images: {},
    regionCpus: 20,
    regionMemoryGib: 40,
    notificationChannels: [],
    availabilityGoal: 0.999,
    completionGoal: 0.99,
    completionSeconds: 60,
    auditDataAccess: false,
    weeklyBackupRetentionWeeks: 0,
    workerEnvironment: new Map(),
    workerSecrets: new Map(),
    schedulesOff: [],
    taskSettings: { variables: new Map(), secrets: new Map() },
  });
});

test("lists are given as JSON, as Pulumi hands them over, and other namespaces are ignored", () => {
  const settings = parseSettings({
    ...NEEDED,
    "handoff:callers": '["serviceAccount:a@b.iam.gserviceaccount.com","group:g@example.com","domain:example.com"]',
    "handoff:traceSampleRatio": "0.25",
    "gcp:project": "another",
  });
  expect(settings.callers).toEqual([
    "serviceAccount:a@b.iam.gserviceaccount.com",
    "group:g@example.com",
    "domain:example.com",
  ]);
  expect(settings.traceSampleRatio).toBe(0.25);
});

test("what the outbox may enqueue is every type, none, or what patterns name", () => {
  const outboxTypes = (given: object): unknown => parseSettings({ ...NEEDED, ...given }).outboxTypes;

  expect(outboxTypes({})).toBeUndefined();
  expect(outboxTypes({ "handoff:outboxTypes": "[]" })).toEqual([]);
  expect(outboxTypes({ "handoff:outboxTypes": '["webhook.*"]' })).toEqual(["webhook.*"]);
  expect(() => outboxTypes({ "handoff:outboxTypes": '["receipt.send"]' })).toThrow(
    "handoff:outboxTypes.0: matches no task type: the types are webhook.deliver",
  );
});

test("addresses are kept in lower case, and everybody named may call the producer once", () => {
  const settings = parseSettings({
    ...NEEDED,
    "handoff:callers": '["user:Ops@example.com","serviceAccount:shop@p.iam.gserviceaccount.com"]',
    "handoff:operators": '["OPS@example.com","deployer@p.iam.gserviceaccount.com"]',
    "handoff:viewers": '["support@example.com"]',
    "handoff:callerTypes": '{"Shop@p.iam.gserviceaccount.com":["webhook.*","document.publish"]}',
  });
  expect(settings.operators).toEqual(["ops@example.com", "deployer@p.iam.gserviceaccount.com"]);
  expect(settings.callerTypes).toEqual(
    new Map([["shop@p.iam.gserviceaccount.com", ["webhook.*", "document.publish"]]]),
  );
  expect(callerMembers(settings)).toEqual([
    "user:Ops@example.com",
    "serviceAccount:shop@p.iam.gserviceaccount.com",
    "serviceAccount:deployer@p.iam.gserviceaccount.com",
    "user:support@example.com",
  ]);
});

test.each([
  [{ "handoff:project": undefined }, "handoff:project: is not set. Set it with: pulumi config set handoff:project …"],
  [{ "handoff:project": "My Project" }, "handoff:project: must be a project's id, for example my-project-123."],
  [{ "handoff:billingAccount": '["x"]' }, "handoff:billingAccount: must be a string."],
  [{ "handoff:region": "Europe" }, "handoff:region: must be a region, for example europe-west1."],
  [{ "handoff:prefix": "a-prefix-that-is-too-long" }, "handoff:prefix: must be 4 to 20 lower-case letters"],
  [{ "handoff:protect": "yes" }, "handoff:protect: must be true or false."],
  [{ "handoff:callers": '["allUsers"]' }, "handoff:callers.0: would let everyone in: name accounts or groups."],
  [{ "handoff:callers": '["allAuthenticatedUsers"]' }, "would let everyone in"],
  [{ "handoff:callers": '["shop"]' }, "handoff:callers.0: must be an IAM member"],
  [{ "handoff:callers": "user:a@example.com" }, "handoff:callers: must be a list."],
  [{ "handoff:operators": '["group:ops@example.com"]' }, "handoff:operators.0: is a group, and a token doesn't name"],
  [{ "handoff:viewers": '["GROUP:ops@example.com"]' }, "handoff:viewers.0: is a group"],
  [{ "handoff:operators": '["domain:example.com"]' }, "handoff:operators.0: is a group"],
  [{ "handoff:operators": '["our-team@googlegroups.com"]' }, "handoff:operators.0: is a group"],
  [
    { "handoff:operators": '["Developers@example.com"]', "handoff:callers": '["group:developers@Example.com"]' },
    "handoff:operators.0: is a group",
  ],
  [
    {
      "handoff:callerTypes": '{"developers@example.com":["webhook.*"]}',
      "handoff:callers": '["group:developers@example.com"]',
    },
    "handoff:callerTypes.developers@example.com: is a group",
  ],
  [{ "handoff:operators": '["user:ops@example.com"]' }, "handoff:operators.0: must be only an e-mail address"],
  [{ "handoff:operators": '["ops"]' }, "handoff:operators.0: must be an e-mail address."],
  [{ "handoff:operators": '["op\u017f@example.com"]' }, "handoff:operators.0: must be an e-mail address."],
  [{ "handoff:operators": "ops@example.com" }, "handoff:operators: must be a list."],
  [{ "handoff:viewers": '["a@b.cc","A@b.cc"]' }, "handoff:viewers: must not contain duplicates."],
  [
    { "handoff:operators": '["handoff-worker@my-project-123.iam.gserviceaccount.com"]' },
    "handoff:operators.0: is an account of Handoff itself, whose role can't be changed.",
  ],
  [
    { "handoff:callers": '["serviceAccount:handoff-worker@my-project-123.iam.gserviceaccount.com"]' },
    "handoff:callers.0: is an account of Handoff itself, whose role can't be changed.",
  ],
  [
    { "handoff:operators": '["a@b.cc"]', "handoff:viewers": '["a@b.cc"]' },
    "handoff:viewers.0: is an operator, who may do everything.",
  ],
  [
    { "handoff:operators": '["a@b.cc"]', "handoff:callerTypes": '{"a@b.cc":["webhook.*"]}' },
    "handoff:callerTypes.a@b.cc: is an operator, who may do everything.",
  ],
  [
    { "handoff:viewers": '["a@b.cc"]', "handoff:callerTypes": '{"a@b.cc":["webhook.*"]}' },
    "handoff:callerTypes.a@b.cc: is a viewer, who may create no task.",
  ],
  [{ "handoff:callerTypes": '["a@b.cc"]' }, "handoff:callerTypes: must be a map of e-mail addresses and lists."],
  [{ "handoff:callerTypes": '{"shop":["webhook.*"]}' }, "handoff:callerTypes.shop: must be an e-mail address."],
  [{ "handoff:callerTypes": '{"a@b.cc":[]}' }, "handoff:callerTypes.a@b.cc: must name a type; leave the caller out"],
  [{ "handoff:callerTypes": '{"a@b.cc":["webhook*"]}' }, "handoff:callerTypes.a@b.cc.0: must be a task type, or"],
  [{ "handoff:callerTypes": '{"a@b.cc":["*"]}' }, "handoff:callerTypes.a@b.cc.0: must be a task type, or"],
  [
    { "handoff:callerTypes": '{"a@b.cc":["webhok.*"]}' },
    "handoff:callerTypes.a@b.cc.0: matches no task type: the types are",
  ],
  [
    { "handoff:callerTypes": '{"a@b.cc":["webhook.*"],"A@b.cc":["webhook.deliver"]}' },
    "handoff:callerTypes.A@b.cc: is there twice.",
  ],
  [
    { "handoff:callerRequestsPerSecond": "0" },
    "handoff:callerRequestsPerSecond: must be a whole number from 1 to 10000, in plain digits.",
  ],
  [{ "handoff:notificationEmails": '["nobody"]' }, "handoff:notificationEmails.0: must be an e-mail address."],
  [{ "handoff:traceSampleRatio": "2" }, "handoff:traceSampleRatio: must be a number from 0 to 1, in plain digits."],
  [{ "handoff:prefix": "abc" }, "handoff:prefix: must be 4 to 20 lower-case letters"],
  [{ "handoff:database": "Default" }, "handoff:database: must be (default), or 4 to 63 lower-case letters"],
  [{ "handoff:database": "a/b-c" }, "handoff:database: must be (default), or 4 to 63 lower-case letters"],
  [
    { "handoff:database": "(default)" },
    "handoff:databaseLocation: is needed with handoff:database. See: gcloud firestore databases describe",
  ],
  [
    { "handoff:database": "handoff", "handoff:databaseLocation": "eur3" },
    "handoff:database: is the name of the stack's own database: leave it out, or choose another handoff:prefix.",
  ],
  [
    { "handoff:database": "(default)", "handoff:databaseLocation": "Europe" },
    "handoff:databaseLocation: must be a region or a multi-region, for example europe-west1 or eur3.",
  ],
  [
    { "handoff:databaseLocation": "eur3" },
    "handoff:databaseLocation: is for an existing database: name it in handoff:database.",
  ],
  [
    { "handoff:database": "(default)", "handoff:databaseLocation": "eur3", "handoff:backupRetentionDays": "7" },
    "handoff:backupRetentionDays: has no effect on an existing database",
  ],
  ...["_handoff", "__x__", "a/b", ".", "1x", `a${"b".repeat(40)}`].map((prefix): [Record<string, string>, string] => [
    { "handoff:collectionPrefix": prefix },
    "handoff:collectionPrefix: must be a letter, then at most 39 letters, digits, hyphens and underscores.",
  ]),
  [{ "handoff:logLevel": "warn" }, "handoff:logLevel: must be one of debug, info."],
  [{ "handoff:callers": '["user:a@b.c","user:a@b.c"]' }, "handoff:callers: must not contain duplicates."],
  [{ "handoff:notificationEmails": '["a@b.cc","a@b.cc"]' }, "handoff:notificationEmails: must not contain duplicates."],
  [{ "handoff:callerKeysFrom": "2027-01-31" }, "handoff:callerKeysFrom: must be a time with a zone"],
  [{ "handoff:authMode": "none" }, "handoff:authMode: must be one of auto, verify, platform."],
  [
    { "handoff:regoin": "europe-west1" },
    "handoff:regoin: there is no such setting. The settings are: project, region, prefix",
  ],
  [
    { "handoff:schedules": '[{"name":"daily","cron":"0 6 * * *","type":"document.publish","payload":{}}]' },
    "handoff:schedules: schedules are code now: write each one in shared/tasks/schedules.ts, as defineSchedule({ name, cron,",
  ],
  [{ "handoff:schedules": "[]" }, "remove this setting with: pulumi config rm handoff:schedules."],
  [
    { "handoff:schedulesOff": '["daily"]' },
    "handoff:schedulesOff.0: names no schedule: the schedules are hourly-canary.",
  ],
  [
    { "handoff:schedulesOff": '["hourly-canary","hourly-canary"]' },
    "handoff:schedulesOff: must not contain duplicates.",
  ],
  [
    { "handoff:outboxTypes": '[{"payload":{"version":9007199254740993}}]' },
    "handoff:outboxTypes.0.payload.version: is a number that a double can't hold unchanged: send it as text.",
  ],
  [
    { "handoff:outboxTypes": '[{"name":"a","name":"b"}]' },
    "handoff:outboxTypes.0.name: is a duplicate: leave one out.",
  ],
])("%j is refused with an explanation", (change: Record<string, string | undefined>, sentence) => {
  const values = Object.entries({ ...NEEDED, ...change }).flatMap(([key, value]) => (value ? [[key, value]] : []));

  expect(() => parseSettings(Object.fromEntries(values))).toThrow(SettingsError);
  expect(() => parseSettings(Object.fromEntries(values))).toThrow(sentence);
});

test("all problems are reported at once", () => {
  expect(() => parseSettings({ "handoff:protect": "1" })).toThrow(
    /project: .*\n.*region: .*\n.*prefix: .*\n.*protect: /,
  );
});

test("a stack's schedules that don't run are named", () => {
  const { schedulesOff } = parseSettings({ ...NEEDED, "handoff:schedulesOff": '["hourly-canary"]' });
  expect(schedulesOff).toEqual(["hourly-canary"]);
});
