import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { type ConsoleResponse, setUpConsole } from "../../../harness/console/console-harness.ts";
import { watchCalls } from "../../../harness/console/watched-calls.ts";
import { letterOf, readLetter, writeLetter, writeLetters } from "../../../harness/producer/letters.ts";
import type { ProducerHarness } from "../../../harness/producer/producer-harness.ts";

const PAGE = "/matching-letters/replay";
const REPLAYING = "POST /v1/dead-letters/replay";

const codes = (count: number, code: string) =>
  Array.from({ length: count }, (_, n) => [`${code}-${n}`, letterOf(`${code}-${n}`, { code })] as const);

const openOf = async ({ letters }: ProducerHarness, code: string): Promise<number> =>
  (await letters().where("status", "==", "open").where("code", "==", code).get()).size;

/** What the form of a page sends, as a browser would. */
function fieldsOn({ html }: ConsoleResponse): Record<string, string> {
  const form = /<form method="post" action="\/matching-letters\/replay">.*?<\/form>/s.exec(html)?.[0] ?? "";
  const fields = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, value]));
}

test("of 200 letters with two codes, one code's are replayed by clicks alone, after a dry run that names them", async () => {
  const { producer, get, act } = await setUpConsole();
  await writeLetters(producer, [...codes(100, "timeout"), ...codes(100, "HTTP_500")]);

  const list = await get("/dead-letters");
  const narrowed = await get(list.links.find((link) => link.endsWith("code=timeout")) ?? "");
  const question = await get(narrowed.links.find((link) => link.startsWith(PAGE)) ?? "");
  expect(question.main).toContain("Replay 100 dead letters?");
  expect(question.main).toContain("The open ones that fit: type webhook.deliver, code timeout");
  expect(question.main).toContain("The newest 10");
  expect(await openOf(producer, "timeout")).toBe(100);

  const done = await act(PAGE, fieldsOn(question));
  expect(done.text).toContain("Replayed 100 dead letters, 0 skipped, 0 failed.");
  expect(await openOf(producer, "timeout")).toBe(0);
  expect(await openOf(producer, "HTTP_500")).toBe(100);
  expect(await producer.queuedTasks("default")).toHaveLength(100);
});

test("a dry run says which letters can't be replayed and why; they are skipped and listed one by one", async () => {
  const { producer, get, post } = await setUpConsole();
  await writeLetter(producer, "fine");
  await writeLetter(producer, "unfit", { payloadJson: '{"url":"no URL"}' });
  await writeLetter(producer, "bare", { payloadJson: "null", payloadOmitted: true });
  const question = await get(PAGE);
  expect(question.main).toContain("Replay 1 dead letter?");
  expect(question.main).toContain("all types and codes");
  expect(question.main).toContain("1 × invalid-payload : The type doesn't accept the payload.");
  expect(question.main).toContain("1 × payload-omitted");

  const page = await post(PAGE, fieldsOn(question));
  expect(page.main).toContain("Replayed 1 dead letter, 0 skipped, 2 failed.");
  expect(page.main).toMatch(/unfit invalid-payload .* bare payload-omitted/);
  expect(page.main).not.toContain("Go on");
  const nothing = await get(PAGE);
  expect(nothing.main).toContain("Nothing to replay");
  expect(nothing.main).toContain("1 × payload-omitted");
});

test("more than 1,000 letters are counted up to 1,000, and the page says so", async () => {
  const watched = watchCalls();
  const clock = { ...systemClock, monotonic: () => 0 };
  const { producer, get } = await setUpConsole({ clock, fetch: watched.fetch });
  await writeLetters(producer, codes(1_001, "timeout"));
  const { main } = await get(`${PAGE}?code=timeout`);
  expect(main).toContain("Replay at least 1,000 dead letters?");
  expect(main).toContain("There are more. Up to 1,000 are counted");
  expect(main).toContain("Replay all that match");
  expect(watched.callsSince().filter((call) => call === REPLAYING)).toHaveLength(10);
});

test("letters are counted for ten seconds at most", async () => {
  let nowMs = 0;
  const watched = watchCalls();
  const { producer, get } = await setUpConsole({
    clock: { ...systemClock, monotonic: () => nowMs },
    fetch: watched.fetch,
  });
  await writeLetters(producer, codes(300, "timeout"));
  watched.decide((call) => {
    if (call === REPLAYING) nowMs += 5_000;
    return "passes";
  });
  expect((await get(PAGE)).main).toContain("Replay at least 200 dead letters?");
});

test("a letter that dies after the dry run is left alone", async () => {
  const { producer, get, act } = await setUpConsole();
  await writeLetter(producer, "counted");
  const question = await get(PAGE);
  await writeLetter(producer, "later", { diedAt: Timestamp.fromMillis(Date.now() + 1_000) });
  await act(PAGE, fieldsOn(question));
  expect(await readLetter(producer, "counted")).toMatchObject({ status: "replayed" });
  expect(await readLetter(producer, "later")).toMatchObject({ status: "open" });
});

test("when time is up the page shows its progress, and its button continues", async () => {
  let aheadMs = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };
  const watched = watchCalls();
  const { producer, get, post, act } = await setUpConsole({ clock, fetch: watched.fetch });
  await writeLetters(producer, codes(120, "timeout"));
  const question = await get(PAGE);
  watched.decide((call) => {
    if (call === REPLAYING) aheadMs += 20_000;
    return "passes";
  });

  const first = await post(PAGE, fieldsOn(question));
  expect(first.main).toContain("Replayed 50 dead letters, 0 skipped, 0 failed; more are left.");
  const second = await post(PAGE, fieldsOn(first));
  expect(second.main).toContain("100 in all.");
  const last = await act(PAGE, fieldsOn(second));
  expect(last.text).toContain("Replayed 120 dead letters in all.");
  expect(await producer.queuedTasks("default")).toHaveLength(120);
});

test.for(["response lost", "not reached"] as const)(
  "when the producer's response to a page is missing (%s), the replay stops, says so, and goes on without repeating any",
  async (fate) => {
    const watched = watchCalls();
    const { producer, get, post, act } = await setUpConsole({ fetch: watched.fetch });
    await writeLetters(producer, codes(120, "timeout"));
    const question = await get(PAGE);
    let pages = 0;
    watched.decide((call) => (call === REPLAYING && ++pages > 1 ? fate : "passes"));

    const stopped = await post(PAGE, fieldsOn(question));
    expect(stopped.status).toBe(200);
    expect(stopped.main).toContain("Replayed 50 dead letters, 0 skipped, 0 failed; more are left.");
    expect(stopped.main).toMatch(/It stopped early: The producer at \S+ did not respond\./);

    watched.decide(() => "passes");
    const fields = fieldsOn(stopped);
    await act(PAGE, fields);
    // A form that is sent twice does no more.
    await act(PAGE, fields);
    expect(await openOf(producer, "timeout")).toBe(0);
    expect((await producer.letters().where("replays", "==", 1).get()).size).toBe(120);
    expect(await producer.queuedTasks("default")).toHaveLength(120);
  },
);

test("a first page without a response can be continued, too", async () => {
  const watched = watchCalls();
  const { producer, get, post, act } = await setUpConsole({ fetch: watched.fetch });
  await writeLetters(producer, codes(3, "timeout"));
  const question = await get(PAGE);
  watched.decide((call) => (call === REPLAYING ? "not reached" : "passes"));
  const stopped = await post(PAGE, fieldsOn(question));
  expect(stopped.main).toContain("Replayed 0 dead letters, 0 skipped, 0 failed; more are left.");
  watched.decide(() => "passes");
  expect((await act(PAGE, fieldsOn(stopped))).text).toContain("Replayed 3 dead letters");
});

test("a viewer gets the producer's 403, for the dry run and for the form, and every letter stays open", async () => {
  const { producer, get, post } = await setUpConsole({ person: ACCOUNTS.viewer });
  await writeLetter(producer);
  for (const page of [await get(PAGE), await post(PAGE, { code: "HTTP_500" })]) {
    expect([page.status, page.main]).toEqual([403, expect.stringContaining("which may not replay dead letters")]);
  }
  expect(await openOf(producer, "HTTP_500")).toBe(1);
});
