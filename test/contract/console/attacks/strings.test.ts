import { expect, it } from "vitest";
import { createClient } from "../../../../packages/client/src/create-client.ts";
import { createConsoleApp } from "../../../../services/console/app.tsx";
import { createPeople } from "../../../../services/console/reading/people.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { listenAsProducer } from "../../../harness/client/scripted-producer.ts";
import { readPage } from "../../../harness/console/read-page.ts";

/** Breaks out of a text, an attribute, a script, a textarea and a comment, wherever one of them isn't escaped. */
const EVIL = `"'></textarea></select></script>--><img src=x onerror=alert(1)><a href="javascript:alert(1)">{{7*7}}&lt;`;
const EVIL_LINK = 'javascript:alert(1)//"><img src=x>';

const LINKS = {
  self: EVIL_LINK,
  tasks: EVIL_LINK,
  console: EVIL_LINK,
  lastTask: `/v1/tasks/${encodeURIComponent(EVIL)}`,
};
const RATES = { effectiveRate: 1, dispatchedLastMinute: 1, inFlight: 1, depth: 2 };

const QUEUE = {
  ...RATES,
  key: EVIL,
  state: EVIL,
  nextDueAt: EVIL,
  configuredRate: { maxDispatchesPerSecond: 2, maxConcurrentDispatches: 1 },
  shards: [{ ...RATES, name: EVIL, state: EVIL, links: LINKS }],
  links: LINKS,
};
const TASK = {
  id: EVIL,
  type: EVIL,
  state: EVIL,
  scheduleTime: EVIL,
  dispatchCount: 1,
  lastError: { code: EVIL, message: EVIL },
  caller: EVIL,
  links: LINKS,
};
const SCHEDULE = {
  name: EVIL,
  cron: EVIL,
  timeZone: EVIL,
  type: EVIL,
  catchUp: true,
  state: EVIL,
  nextAt: [EVIL],
  lastFiredAt: EVIL,
  payload: { [EVIL]: EVIL },
  links: LINKS,
};
const TYPE = {
  type: EVIL,
  queue: EVIL,
  idempotency: EVIL,
  timeoutMs: 1,
  attempts: 1,
  payloadSchema: {
    type: "object",
    description: EVIL,
    required: [EVIL],
    properties: {
      [EVIL]: { type: "string", pattern: EVIL, format: EVIL, description: EVIL, default: EVIL, examples: [EVIL] },
      choice: { enum: [EVIL], description: EVIL },
      list: { type: "array", items: { type: "string" }, examples: [[EVIL]], default: [EVIL] },
      group: { type: "object", description: EVIL, properties: { [EVIL]: { type: [EVIL] } } },
    },
  },
};

/** A producer that the console has no reason to trust. */
const BODIES: readonly (readonly [RegExp, unknown])[] = [
  [
    /^\/v1\/me/,
    {
      email: EVIL,
      role: EVIL,
      actions: ["create tasks", "pause, resume or purge queues", "pause, resume or run schedules"],
    },
  ],
  [/\/tasks\?/, { items: [TASK], nextCursor: EVIL }],
  [/^\/v1\/queues\//, QUEUE],
  [/^\/v1\/queues$/, { items: [QUEUE] }],
  [/^\/v1\/schedules$/, { items: [SCHEDULE] }],
  [/^\/v1\/task-types$/, { items: [TYPE] }],
  [/summary/, { items: [{ type: EVIL, code: EVIL, count: 1, newestDiedAt: EVIL }], complete: false }],
  [/^\/v1\/throughput/, { items: [] }],
];

const name = encodeURIComponent(EVIL);

it.each([
  ["the overview", "/"],
  ["a queue", `/queues/${name}`],
  ["a purge's question", `/queues/${name}/purge`],
  ["a queue's tasks", `/queues/${name}/tasks`],
  ["a queue's next tasks", `/queues/${name}/tasks?cursor=${name}`],
  ["the schedules", "/schedules"],
  ["the task types", "/task-types"],
  ["a task type", `/task-types/${name}`],
  ["the choice of a type", "/enqueue"],
  ["a form", `/enqueue?type=${name}`],
  ["a form with an example", `/enqueue?type=${name}&example=yes`],
  ["a form of a type that isn't there", `/enqueue?type=${name}x`],
])("%s shows a producer's strings as text, and doesn't link to addresses in them", async (_, path) => {
  const { url } = await listenAsProducer(({ path }) => {
    const body = BODIES.find(([pattern]) => pattern.test(path))?.[1];
    return body === undefined ? { status: 404 } : { status: 200, body };
  });
  const asset = { path: "/assets/a", type: "text/plain", body: new Uint8Array(1) };
  const app = createConsoleApp({
    identify: async () => ({ kind: "identified", email: "local" }),
    accessOf: createPeople(() => createClient({ url, auth: null, retry: { tries: 1 } }), systemClock),
    assets: { script: asset, style: asset, icon: asset },
    clock: systemClock,
    log: createLogger({ service: "console", level: "silent" }),
    isSecure: false,
    allowedHosts: new Set(),
    producerUrl: url,
  });
  const response = await app.request(path, { headers: { host: "127.0.0.1:8082" } });
  const html = await response.text();
  const page = readPage(html);

  expect([200, 404]).toContain(response.status);
  expect(page.text).toContain("onerror=alert(1)");
  expect(page.tags).not.toContain("img");
  // No text has a quotation mark that isn't escaped, so that these are the attributes' values.
  expect(html.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\son[a-z]+=/i);
  for (const link of [...page.links, ...page.actions]) expect(link).toMatch(/^(?:\/(?![/\\])|#main$)/);
});
