import { expect, test } from "vitest";
import * as z from "zod";
import { VirtualClock } from "handoff-emulators/clock";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { startService } from "../../programs/service.ts";
import { queuesVariableOf } from "../../../harness/registry/registered-variables.ts";
import { readLetter, replayIdOf, writeLetter, writeLetters } from "../../../harness/producer/letters.ts";
import { idsOfMany, manyLetters, ordersIn } from "../../../harness/producer/many-letters.ts";
import { entryIdsOf, relay } from "../../../harness/producer/outbox-tasks.ts";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";

const replayedSchema = z.strictObject({
  replayed: z.int(),
  skipped: z.int(),
  failed: z.int(),
  items: z.array(
    z.strictObject({
      id: z.string(),
      outcome: z.string(),
      replayedAs: z.string().optional(),
      problem: z.looseObject({ status: z.int(), code: z.string() }).optional(),
    }),
  ),
  nextCursor: z.string().optional(),
});

type Body = Readonly<Record<string, unknown>>;

const init = (body: Body): RequestInit => {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
};

const post = (url: string, body: Body): Promise<Response> => fetch(`${url}/v1/dead-letters/replay`, init(body));

async function replayBy({ url }: { readonly url: string }, body: Body) {
  const response = await post(url, body);
  expect(response.status).toBe(200);
  return replayedSchema.parse(await response.json());
}

/** All pages. */
async function replayAll(on: { readonly url: string }, body: Body) {
  const pages = [await replayBy(on, body)];
  for (;;) {
    const cursor = pages.at(-1)?.nextCursor;
    if (cursor === undefined) return pages;
    pages.push(await replayBy(on, { ...body, cursor }));
  }
}

const outcomesOf = ({ items }: z.infer<typeof replayedSchema>): string[] =>
  items.map(({ id, outcome, replayedAs, problem }) => [id, outcome, replayedAs ?? problem?.code].join(" ").trim());

test("the open letters that fit a filter become tasks, each once; a dry run says so and changes nothing", async () => {
  const producer = await setUpProducer();
  await writeLetters(producer, manyLetters(3));
  await writeLetter(producer, "other", { code: "HTTP_404" });
  await writeLetter(producer, "replayed", { status: "replayed" });
  const body = { filter: { code: "HTTP_500" } };

  const dry = await replayBy(producer, { ...body, dryRun: true, limit: 2 });
  expect(dry).toMatchObject({ replayed: 2, skipped: 0, failed: 0 });
  expect(outcomesOf(dry)).toEqual(["letter-0002 would-replay", "letter-0001 would-replay"]);
  const rest = await replayBy(producer, { ...body, dryRun: true, cursor: dry.nextCursor });
  expect(outcomesOf(rest)).toEqual(["letter-0000 would-replay"]);
  expect(producer.calls("CreateTask") + producer.calls("Commit")).toBe(2 + 1);

  const pages = await replayAll(producer, { ...body, limit: 2 });
  expect(pages.flatMap(outcomesOf)).toEqual(
    ["letter-0002", "letter-0001", "letter-0000"].map((id) => `${id} replayed ${replayIdOf(1, { letter: id })}`),
  );
  expect(await ordersIn(producer)).toEqual([0, 1, 2]);
  expect(await readLetter(producer, "letter-0000")).toMatchObject({
    status: "replayed",
    replayedBy: "local",
    replays: 1,
  });
  expect(await readLetter(producer, "other")).toMatchObject({ status: "open" });
  expect(await replayAll(producer, body)).toEqual([{ replayed: 0, skipped: 0, failed: 0, items: [] }]);
  expect(producer.calls("CreateTask")).toBe(3);
});

test("a letter that can't be replayed says why, and the cursor leads past it", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer, "1-fine");
  await writeLetter(producer, "2-unknown", { type: "no.more" });
  await writeLetter(producer, "3-omitted", { payloadJson: "null", payloadOmitted: true });
  await writeLetter(producer, "4-unfit", { payloadJson: '{"url":"no URL"}' });
  await writeLetter(producer, "5-garbled", { payloadJson: "{" });

  const expected = [
    "5-garbled failed letter-not-replayable",
    "4-unfit failed invalid-payload",
    "3-omitted failed payload-omitted",
    "2-unknown failed unknown-type",
  ];
  const dry = await replayAll(producer, { filter: {}, dryRun: true, limit: 2 });
  expect(dry.flatMap(outcomesOf)).toEqual([...expected, "1-fine would-replay"]);
  const pages = await replayAll(producer, { filter: {}, limit: 2 });
  expect(pages.flatMap(outcomesOf)).toEqual([...expected, `1-fine replayed ${replayIdOf(1, { letter: "1-fine" })}`]);
  expect(pages.map(({ replayed, failed }) => [replayed, failed])).toEqual([
    [0, 2],
    [0, 2],
    [1, 0],
  ]);
  expect(pages[0]?.items[1]?.problem).toMatchObject({
    type: "about:blank",
    status: 422,
    problems: expect.arrayContaining([{ path: "payload.url", message: expect.any(String) }]),
  });
});

test("letters that somebody else replays or deletes meanwhile are skipped", async () => {
  const producer = await setUpProducer();
  await writeLetters(producer, manyLetters(3));
  const theirs = Promise.withResolvers<void>();
  let arrived = 0;
  void producer.recordsProxy.inject({
    rpc: "BatchGetDocuments",
    when: "before-effect",
    answer: "its-own",
    times: 3,
    onArrival: async () => {
      if (++arrived === 1) {
        await producer.letters().doc("letter-0000").delete();
        await producer.letters().doc("letter-0001").update({ status: "replayed", replayedAs: "theirs", replays: 1 });
        theirs.resolve();
      }
      await theirs.promise;
    },
  });

  const replayed = await replayBy(producer, { filter: {} });

  expect(replayed).toMatchObject({ replayed: 1, skipped: 2, failed: 0 });
  expect(outcomesOf(replayed).slice(1)).toEqual(["letter-0001 skipped theirs", "letter-0000 skipped"]);
  expect(producer.calls("CreateTask")).toBe(1);
});

test("a letter about which Firestore doesn't respond in time has failed, and is replayed later unless it was", async () => {
  const clock = new VirtualClock({ startMs: Date.now() });
  const producer = await setUpProducer({ clock });
  const failWith = async (rpc: "Commit" | "BatchGetDocuments"): Promise<string[]> => {
    const injected = producer.recordsProxy.inject({ rpc, when: "after-effect", answer: "nothing" });
    const replaying = replayBy(producer, { filter: {} });
    await injected;
    await clock.advance(3_000);
    return outcomesOf(await replaying);
  };
  await writeLetter(producer, "committed");

  expect(await failWith("Commit")).toEqual(["committed failed outcome-unknown"]);
  await writeLetter(producer, "unread");
  expect(await failWith("BatchGetDocuments")).toEqual(["unread failed dependency-unavailable"]);
  const pages = await replayAll(producer, { filter: {} });
  expect(pages.flatMap(outcomesOf)).toEqual([`unread replayed ${replayIdOf(1, { letter: "unread" })}`]);
  expect(await entryIdsOf(producer, replayIdOf(1, { letter: "committed" }))).toHaveLength(1);
});

test("when time is up, letters that were begun are finished, and the cursor is after them", async () => {
  let aheadMs = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };
  const producer = await setUpProducer({ clock });
  await writeLetters(producer, manyLetters(12));
  void producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => void (aheadMs = 25_000),
  });

  const first = await replayBy(producer, { filter: {} });
  expect(first.items.length).toBeGreaterThan(0);
  expect(first.items.length).toBeLessThan(12);
  const rest = await replayAll(producer, { filter: {}, cursor: first.nextCursor });
  expect([first, ...rest].flatMap(({ items }) => items.map(({ id }) => id))).toEqual(idsOfMany(12));
});

test("when the caller hangs up, letters that were begun are finished, and no others are begun", async () => {
  const producer = await setUpProducer();
  await writeLetters(producer, manyLetters(12));
  const hangUp = new AbortController();
  void producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => hangUp.abort(),
  });

  const response = await producer.app.request("/v1/dead-letters/replay", {
    ...init({ filter: {} }),
    signal: hangUp.signal,
  });
  const { replayed, items } = replayedSchema.parse(await response.json());
  expect(replayed).toBeGreaterThan(0);
  expect(replayed).toBeLessThan(12);
  expect(items).toHaveLength(replayed);
  expect(await ordersIn(producer)).toHaveLength(replayed);
  expect((await producer.letters().where("status", "==", "open").get()).size).toBe(12 - replayed);
});

test("an invalid body gets everything that is wrong with it", async () => {
  const producer = await setUpProducer();
  const problemsOf = async (body: Body): Promise<string[]> => {
    const response = await post(producer.url, body);
    expect(response.status).toBe(400);
    const { problems } = z.object({ problems: z.array(z.object({ path: z.string() })) }).parse(await response.json());
    return problems.map(({ path }) => path);
  };

  expect(await problemsOf({})).toEqual(["filter"]);
  expect(
    await problemsOf({ filter: { status: "open", type: "", from: "today" }, dryRun: "no", limit: 101, all: true }),
  ).toEqual(["filter.type", "filter.from", "filter.status", "dryRun", "limit", "all"]);
  expect(await problemsOf({ filter: {}, cursor: "x" })).toEqual(["cursor"]);
  await writeLetters(producer, manyLetters(2));
  const listed = z.object({ nextCursor: z.string() }).parse((await producer.send("/v1/dead-letters?limit=1")).body);
  // A list's cursor isn't a replay's.
  expect(await problemsOf({ filter: {}, cursor: listed.nextCursor })).toEqual(["cursor"]);
  const { status: code } = await post(producer.url, { filter: { type: "x".repeat(40_000) } });
  expect(code).toBe(413);
  expect(producer.calls("Commit")).toBe(1);
});

/** The size of the test below; `npm run kills -- replay` kills a producer in the middle of single replays. */
const MANY = 100;

/** The calls in progress when the producer is killed. */
const HELD = 3;

test("when the producer is killed in the middle and another one is asked again, each letter is replayed once", async (context) => {
  const producer = await setUpProducer();
  await writeLetters(producer, manyLetters(MANY));
  const body = { filter: {}, limit: MANY / 5 };
  const dry = await replayAll(producer, { ...body, dryRun: true });
  const numbers = Array.from({ length: MANY }, (_, n) => n);
  expect(dry.flatMap(outcomesOf)).toEqual(idsOfMany(MANY).map((id) => `${id} would-replay`));

  const victim = await startService("producer", context, {
    QUEUES: queuesVariableOf((key) => `${key}-2`),
    FIRESTORE_EMULATOR_HOST: addressOf(producer.recordsProxy),
    CLOUD_TASKS_EMULATOR_HOST: addressOf(producer.emulators.cloudTasks),
  });
  // Each letter takes two commits. Some in the middle are made, but nobody hears of it, and their tasks aren't created yet.
  const killed = producer.recordsProxy.inject({
    rpc: "Commit",
    when: "after-effect",
    answer: "nothing",
    skip: MANY,
    times: HELD,
  });
  const asking = replayAll({ url: `http://127.0.0.1:${victim.port}` }, body);
  await killed;
  victim.child.kill("SIGKILL");
  await expect(asking).rejects.toThrow("fetch failed");
  await victim.ended;

  const pages = await replayAll(producer, body);
  const later = pages.reduce((sum, { replayed }) => sum + replayed, 0);
  expect(later).toBeGreaterThan(MANY / 4);
  expect(later).toBeLessThan(MANY);
  for (const { id } of (await producer.outboxEntries().get()).docs) await relay(producer, id);
  expect(await ordersIn(producer)).toEqual(numbers);
  const replays = (await producer.letters().get()).docs.map((letter) => [letter.get("status"), letter.get("replays")]);
  expect(new Set(replays.map(String))).toEqual(new Set(["replayed,1"]));
});

const addressOf = ({ host, port }: { readonly host: string; readonly port: number }): string => `${host}:${port}`;
