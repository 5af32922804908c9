import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import * as z from "zod";
import { VirtualClock } from "handoff-emulators/clock";
import { countFirestoreCost, countQueryCost } from "../../../harness/firestore/firestore-cost.ts";
import { letterOf, writeLetters } from "../../../harness/producer/letters.ts";
import { CLAIMED, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

const pageSchema = z.strictObject({
  items: z.array(z.looseObject({ id: z.string() })),
  nextCursor: z.string().optional(),
});

type Query = Readonly<Record<string, string>>;

async function list(producer: ProducerHarness, query: Query) {
  const { status, text } = await producer.send(`/v1/dead-letters?${new URLSearchParams(query).toString()}`);
  expect(status).toBe(200);
  const { items, nextCursor } = pageSchema.parse(JSON.parse(text));
  return { items, ids: items.map(({ id }) => id), nextCursor };
}

/** All pages of a list. */
async function* pagesOf(producer: ProducerHarness, query: Query) {
  for (let cursor: string | undefined; ;) {
    const page = await list(producer, { ...query, ...(cursor === undefined ? {} : { cursor }) });
    yield page;
    if (page.nextCursor === undefined) return;
    cursor = page.nextCursor;
  }
}

const LETTERS = 10_000;
const TYPES = ["mail.send", "report.build", "webhook.deliver"];
const CODES = ["HTTP_500", "timeout", "refused", "invalid_payload"];
const QUEUES = ["default", "bulk"];

const BEGIN_MS = Date.UTC(2026, 4, 1);

/** A time to the microsecond, which three letters share. */
const diedAtOf = (n: number): Timestamp =>
  new Timestamp(BEGIN_MS / 1_000 + Math.floor(n / 30), Math.floor(n / 3) * 1_000);

const numbered = Array.from({ length: LETTERS }, (_, n) => {
  const by = {
    type: TYPES[n % 3],
    code: CODES[n % 4],
    queue: QUEUES[n % 2],
    status: n % 10 === 0 ? "replayed" : "open",
  };
  return { ...by, id: `letter-${String(n).padStart(5, "0")}`, diedAt: diedAtOf(n) };
});

/** The ids of the letters that fit, in the order of the list. */
const idsOf = (fits: (letter: (typeof numbered)[number]) => boolean): string[] =>
  numbered
    .filter(fits)
    .map(({ id }) => id)
    .toReversed();

test("of 10,000 letters, each filter finds its own, newest first, and page 100 costs the same as page 1", async () => {
  const queries = countQueryCost();
  const others = countFirestoreCost();
  const producer = await setUpProducer({
    cost: { onRelayed: (call) => others.onRelayed(call), onResponse: (rpc) => queries.onResponse(rpc) },
  });
  await writeLetters(
    producer,
    numbered.map(({ id, ...fields }) => [id, letterOf(id, fields)]),
  );

  const found: string[] = [];
  const costs: { documents: number; bytes: number }[] = [];
  for await (const { ids } of pagesOf(producer, { limit: "20" })) {
    found.push(...ids);
    costs.push(queries.costSince());
    if (costs.length === 100) break;
  }
  expect(found).toEqual(idsOf(({ status }) => status === "open").slice(0, 2_000));
  const [first] = costs;
  expect(first?.documents).toBe(20);
  const within = (bytes: number): boolean => Math.abs(bytes - Number(first?.bytes)) < 100;
  expect(costs.filter(({ documents, bytes }) => documents !== 20 || !within(bytes))).toEqual([]);
  expect(others.costSince()).toMatchObject({ calls: { RunQuery: 100 }, reads: 0, writes: 0 });

  const isOpen = ({ status }: { status: string }): boolean => status === "open";
  const third = diedAtOf(3_000).toDate().toISOString();
  const fourth = diedAtOf(4_500).toDate().toISOString();
  const isWithin = ({ diedAt }: { diedAt: Timestamp }): boolean =>
    diedAt.toMillis() >= Date.parse(third) && diedAt.toMillis() < Date.parse(fourth);
  const filters: readonly [Query, (letter: (typeof numbered)[number]) => boolean][] = [
    [{ status: "replayed" }, ({ status }) => status === "replayed"],
    [{ type: "mail.send" }, (letter) => isOpen(letter) && letter.type === "mail.send"],
    [{ queue: "bulk" }, (letter) => isOpen(letter) && letter.queue === "bulk"],
    [{ code: "timeout" }, (letter) => isOpen(letter) && letter.code === "timeout"],
    [
      { type: "mail.send", queue: "bulk", code: "timeout" },
      (letter) => isOpen(letter) && letter.type === "mail.send" && letter.queue === "bulk" && letter.code === "timeout",
    ],
    [{ from: third, to: fourth }, (letter) => isOpen(letter) && isWithin(letter)],
    [
      { from: third, to: fourth, code: "refused" },
      (letter) => isOpen(letter) && isWithin(letter) && letter.code === "refused",
    ],
    [{ to: "1969-01-01T00:00:00Z" }, () => false],
    [{ from: "9999-12-31T23:59:59-23:59" }, () => false],
    [{ type: "no.such" }, () => false],
  ];
  for (const [filter, fits] of filters) {
    queries.costSince();
    const [first, second] = [await list(producer, filter), idsOf(fits)];
    expect([filter, first.ids]).toEqual([filter, second.slice(0, 50)]);
    expect([filter, queries.costSince().documents]).toEqual([filter, first.ids.length]);
    if (first.nextCursor === undefined) continue;
    const next = await list(producer, { ...filter, cursor: first.nextCursor, limit: "100" });
    expect([filter, next.ids]).toEqual([filter, second.slice(50, 150)]);
    expect([filter, queries.costSince().documents]).toEqual([filter, next.ids.length]);
  }
});

test("a list shows what people need to know of a letter, and reads no payload", async () => {
  const queries = countQueryCost();
  const producer = await setUpProducer({ cost: queries });
  const payload = { ...CLAIMED.payload, data: "x".repeat(256 * 1_024) };
  const ids = Array.from({ length: 20 }, (_, n) => `letter-${n}`);
  const expireAt = Timestamp.fromMillis(Date.UTC(2100, 0, 1));
  await writeLetters(
    producer,
    ids.map((id) => [
      id,
      letterOf(id, { expireAt, attemptLog: [{ stack: "y".repeat(1_024) }] }, { ...CLAIMED, payload }),
    ]),
  );
  const { caller: _caller, ...ofNobody } = letterOf("a letter of nobody", {
    status: "replayed",
    taskId: "any/thing",
    caller: undefined,
    expireAt,
    replays: 2,
    replayedAs: "task-2",
    replayedBy: "ops@example.com",
    replayedAt: Timestamp.fromMillis(Date.UTC(2026, 4, 2)),
    replayOf: "letter-0",
  });
  await writeLetters(producer, [["a letter of nobody", ofNobody]]);

  const { items } = await list(producer, {});
  expect(items).toHaveLength(20);
  expect(items[0]).toEqual({
    id: "letter-9",
    status: "open",
    taskId: "letter-9",
    type: "webhook.deliver",
    queue: "default",
    code: "HTTP_500",
    message: "500",
    attempts: 3,
    enqueuedAt: "2026-05-01T10:00:00.000Z",
    diedAt: "2026-05-01T11:00:00.007Z",
    expiresAt: "2100-01-01T00:00:00.000Z",
    caller: "shop@example.com",
    replays: 0,
    links: { self: "/v1/dead-letters/letter-9", task: "/v1/tasks/letter-9" },
  });
  // The payloads are 5 MiB.
  expect(queries.costSince().bytes).toBeLessThan(20 * 1_024);

  const replayed = await list(producer, { status: "replayed" });
  expect(replayed.items).toMatchObject([
    {
      id: "a letter of nobody",
      status: "replayed",
      replays: 2,
      replayedAs: "task-2",
      replayedAt: "2026-05-02T00:00:00.000Z",
      replayedBy: "ops@example.com",
      replayOf: "letter-0",
      links: { self: "/v1/dead-letters/a%20letter%20of%20nobody", task: "/v1/tasks/any%2Fthing" },
    },
  ]);
  expect(replayed.items[0]).not.toHaveProperty("caller");
});

test("expired letters and other documents are left out, but the list continues after them", async () => {
  const producer = await setUpProducer();
  const at = (n: number): object => ({ diedAt: diedAtOf(n * 3) });
  const expired = { expireAt: Timestamp.fromMillis(Date.now() - 1) };
  const later = Timestamp.fromMillis(Date.now() + 600_000);
  await writeLetters(producer, [
    ["oldest", letterOf("oldest", at(1))],
    ["expired-1", letterOf("expired-1", { ...at(2), ...expired })],
    ["expired-2", letterOf("expired-2", { ...at(3), ...expired })],
    ["none", { status: "open", expireAt: later, ...at(4) }],
    ["untimed", letterOf("untimed", { diedAt: "yesterday" })],
    ["newest", letterOf("newest", at(5))],
  ]);

  const pages: string[][] = [];
  for await (const { ids } of pagesOf(producer, { limit: "2" })) pages.push(ids);

  expect(pages).toEqual([["newest"], [], ["oldest"]]);
});

test("an invalid request gets everything that is wrong with it, and a cursor is valid for its own list only", async () => {
  const producer = await setUpProducer();
  await writeLetters(producer, [
    ["a", letterOf("a", { type: "x.y" })],
    ["b", letterOf("b", { type: "x.y" })],
  ]);
  const problemsOf = async (query: string) => {
    const { status, body } = await producer.send(`/v1/dead-letters?${query}`);
    expect([status, body.code]).toEqual([400, "invalid-request"]);
    return body.problems.map(({ path }) => path);
  };

  expect(await problemsOf("status=all&limit=0&typ=x.y&from=today&to=2026-05-01T10:00:00&code=")).toEqual([
    "typ",
    "status",
    "code",
    "from",
    "to",
    "limit",
  ]);
  for (const limit of ["101", "-1", "1.5", "1e1", " 1", ""])
    expect(await problemsOf(`limit=${limit}`)).toEqual(["limit"]);
  expect(await problemsOf("type=a&type=b&__proto__=1")).toEqual(["__proto__", "type"]);

  const { nextCursor = "" } = await list(producer, { type: "x.y", limit: "1" });
  expect((await list(producer, { type: "x.y", cursor: nextCursor, limit: "100" })).ids).toEqual(["a"]);
  const cursor = encodeURIComponent(nextCursor);
  for (const query of [
    `cursor=${cursor}`,
    `type=x.y&queue=default&cursor=${cursor}`,
    `type=x.y&status=replayed&cursor=${cursor}`,
    `type=x.y&cursor=${cursor}x`,
    `type=x.y&cursor=`,
    `type=x.y&cursor=${Buffer.from('["x",[1,2,"a"]]').toString("base64url")}`,
  ]) {
    expect([query, await problemsOf(query)]).toEqual([query, ["cursor"]]);
  }
  expect((await producer.send("/v1/dead-letters?cursor=x")).body.problems).toEqual([
    { path: "cursor", message: expect.stringContaining("leave it out to start again") },
  ]);
});

test("if Firestore doesn't respond, a list says so", async () => {
  const clock = new VirtualClock({ startMs: Date.now() });
  const producer = await setUpProducer({ clock });
  const injected = producer.recordsProxy.inject({ rpc: "RunQuery", when: "before-effect", answer: "nothing" });
  const listing = producer.send("/v1/dead-letters");
  await injected;
  await clock.advance(3_000);
  const response = await listing;
  expect(response).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
  expect(response.headers.get("retry-after")).toBe("5");
});
