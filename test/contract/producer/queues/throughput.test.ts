import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startThroughput } from "../../../../services/local/throughput/throughput.ts";
import { createCloudMonitoring } from "../../../../services/producer/throughput/cloud-monitoring.ts";
import { createLocalCounts } from "../../../../services/producer/throughput/local-counts.ts";
import type { Throughput } from "../../../../services/producer/throughput/throughput.ts";
import { serveHttp } from "../../../../shared/http/server.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

const NOW = Date.parse("2026-11-23T06:30:20Z");
const DELIVERIES = "logging.googleapis.com/user/p-deliveries";

/**
 * A response of timeSeries.list, of a DELTA metric that is aligned and reduced to one series: newest point first, as its
 * documentation says (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TimeSeries).
 */
const timeSeries = (type: string, counts: Readonly<Record<string, string>>) => ({
  timeSeries: [
    {
      metric: { type },
      resource: { type: "cloud_run_revision", labels: { project_id: "handoff-test" } },
      metricKind: "DELTA",
      valueType: "INT64",
      points: Object.entries(counts).map(([minute, int64Value]) => ({
        interval: {
          startTime: `2026-11-23T${minute}:00Z`,
          endTime: new Date(Date.parse(`2026-11-23T${minute}:00Z`) + 60_000).toISOString(),
        },
        value: { int64Value },
      })),
    },
  ],
  unit: "1",
});

/** Cloud Monitoring on loopback, and a producer that asks it. */
async function setUp(respond: (filter: string) => Response) {
  const asked: URL[] = [];
  const tokens: (string | null)[] = [];
  const server = await serveHttp({
    fetch: ({ url, headers }) => {
      const at = new URL(url);
      asked.push(at);
      tokens.push(headers.get("authorization"));
      return respond(at.searchParams.get("filter") ?? "");
    },
    port: 0,
    host: "127.0.0.1",
  });
  onTestFinished(() => server.close());
  const clock = new VirtualClock({ startMs: NOW });
  const throughput = createCloudMonitoring({
    project: "handoff-test",
    queueNames: ["p-default-1", "p-bulk-1"],
    deliveriesMetric: "p-deliveries",
    clock,
    endpoint: `http://127.0.0.1:${server.port}`,
    headers: async () => new Headers({ authorization: "Bearer token-of-the-producer" }),
  });
  return { producer: await setUpProducer({ clock, throughput }), clock, asked, tokens };
}

const readThroughput = async (producer: ProducerHarness, query = "") => {
  const { status, text, headers } = await producer.send(`/v1/throughput${query}`);
  return { status, body: JSON.parse(text), headers };
};

const NOTHING = { enqueued: 0, done: 0, retried: 0, dead: 0 };

test("the last minutes are read from Cloud Monitoring, oldest first, with empty ones", async () => {
  const { producer, asked, tokens } = await setUp((filter) => {
    if (filter.includes("CreateTask")) {
      return Response.json(timeSeries("cloudtasks.googleapis.com/api/request_count", { "06:29": "5", "06:27": "7" }));
    }
    if (filter.includes('"done"')) return Response.json(timeSeries(DELIVERIES, { "06:29": "4", "05:20": "1" }));
    if (filter.includes("one_of")) return Response.json(timeSeries(DELIVERIES, { "06:28": "2" }));
    // Nothing has died, so the response has no series; or the metric isn't known yet, which is a 404.
    return Response.json({ unit: "1" });
  });

  expect(await readThroughput(producer, "?minutes=4")).toMatchObject({
    status: 200,
    body: {
      items: [
        { ...NOTHING, minute: "2026-11-23T06:27:00.000Z", enqueued: 7 },
        { ...NOTHING, minute: "2026-11-23T06:28:00.000Z", retried: 2 },
        { ...NOTHING, minute: "2026-11-23T06:29:00.000Z", enqueued: 5, done: 4 },
        { ...NOTHING, minute: "2026-11-23T06:30:00.000Z" },
      ],
    },
  });

  expect(new Set(tokens)).toEqual(new Set(["Bearer token-of-the-producer"]));
  expect(asked).toHaveLength(4);
  for (const { pathname, searchParams } of asked) {
    expect(pathname).toBe("/v3/projects/handoff-test/timeSeries");
    const { filter, ...parameters } = Object.fromEntries(searchParams);
    expect(filter).toMatch(/"p-default-1", "p-bulk-1"|user\/p-deliveries/);
    expect(parameters).toEqual({
      "interval.startTime": "2026-11-23T05:30:00.000Z",
      "interval.endTime": "2026-11-23T06:30:00.000Z",
      "aggregation.alignmentPeriod": "60s",
      "aggregation.perSeriesAligner": "ALIGN_DELTA",
      "aggregation.crossSeriesReducer": "REDUCE_SUM",
    });
  }
});

test("Cloud Monitoring is asked at most every 20 s for an hour, and for a day", async () => {
  const { producer, clock, asked } = await setUp(() => new Response("{}", { status: 404 }));
  const lengths = async (query?: string) => (await readThroughput(producer, query)).body.items.length;

  expect(await Promise.all([lengths(), lengths("?minutes=1"), lengths("?minutes=60")])).toEqual([60, 1, 60]);
  expect(asked).toHaveLength(4);
  expect([await lengths("?minutes=61"), await lengths("?minutes=1440")]).toEqual([61, 1_440]);
  expect(asked).toHaveLength(8);
  expect(asked.at(-1)?.searchParams.get("interval.startTime")).toBe("2026-11-22T06:30:00.000Z");
  await clock.advance(20_000);
  await lengths();
  expect(asked).toHaveLength(12);
});

test.each([
  ["refuses", () => Response.json({ error: { code: 403, status: "PERMISSION_DENIED" } }, { status: 403 })],
  ["is in trouble", () => new Response("", { status: 500 })],
  ["answers something else", () => Response.json({ timeSeries: [{ points: [{ value: 1 }] }] })],
  ["answers no JSON", () => new Response("<html>")],
  ["answers too much", () => new Response("x".repeat(3 * 1024 * 1024))],
])("the producer responds 503 while Cloud Monitoring %s, and asks again at the next request", async (_, respond) => {
  let isWell = false;
  const { producer } = await setUp(() => (isWell ? Response.json({}) : respond()));
  const response = await readThroughput(producer);
  expect(response).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
  expect(response.headers.get("retry-after")).toBe("5");
  isWell = true;
  expect((await readThroughput(producer)).status).toBe(200);
});

test("an invalid query is refused, and so is one without a source of counts", async () => {
  const producer = await setUpProducer();
  for (const query of [
    "?minutes=0",
    "?minutes=1441",
    "?minutes=1.5",
    "?minutes=",
    "?hours=1",
    "?minutes=1&minutes=2",
  ]) {
    expect(await readThroughput(producer, query)).toMatchObject({ status: 400, body: { code: "invalid-request" } });
  }
  expect(await readThroughput(producer)).toMatchObject({ status: 503, body: { code: "throughput-not-counted" } });
});

test("on a laptop, what is enqueued is counted by the emulator, and deliveries by the worker's log", async () => {
  const cloudTasks = await startCloudTasksEmulator();
  const admin = await createCloudTasksClient(cloudTasks);
  onTestFinished(async () => {
    await admin.close();
    await cloudTasks.stop();
  });
  const clock = new VirtualClock({ startMs: NOW });
  const counting = await startThroughput({ cloudTasks, clock, print: () => {} });
  onTestFinished(() => counting.stop());
  const throughput: Throughput = createLocalCounts({ url: counting.url, clock });
  const producer = await setUpProducer({ clock, throughput });

  const parent = "projects/p/locations/l";
  const name = `${parent}/queues/q`;
  await admin.createQueue({ parent, queue: { name } });
  await admin.pauseQueue({ name });
  const line = (outcome: string, message = "delivery") => JSON.stringify({ severity: "INFO", message, outcome });
  for (const text of [line("done"), line("dead"), line("retry"), line("duplicate"), line("done", "x"), "delivery"]) {
    counting.countLine(text);
  }
  await clock.advance("1m");
  for (let task = 0; task < 2; task++) {
    await admin.createTask({ parent: name, task: { httpRequest: { url: "https://x.example" } } });
  }

  expect((await readThroughput(producer, "?minutes=3")).body).toEqual({
    items: [
      { ...NOTHING, minute: "2026-11-23T06:29:00.000Z" },
      { ...NOTHING, minute: "2026-11-23T06:30:00.000Z", done: 1, dead: 1, retried: 1 },
      { ...NOTHING, minute: "2026-11-23T06:31:00.000Z", enqueued: 2 },
    ],
  });
});
