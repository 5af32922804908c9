import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import { LETTER, letterOf, readLetter, writeLetter, writeLetters } from "../../../harness/producer/letters.ts";
import { CLAIMED, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

const PATH = `/v1/dead-letters/${LETTER}`;

/** A deletion's status, and its problem's code. */
async function deleteLetter(producer: ProducerHarness, { path = PATH, ifMatch = "" } = {}): Promise<unknown[]> {
  const headers = ifMatch === "" ? {} : { "if-match": ifMatch };
  const response = await fetch(`${producer.url}${path}`, { method: "DELETE", headers });
  const text = await response.text();
  return text === "" ? [response.status] : [response.status, JSON.parse(text).code];
}

test("a letter shows its attempts and, if an operator requests it, its payload", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const attempt = { attempt: 1, hop: 0, startedAt: Timestamp.fromMillis(0), endedAt: null, outcome: "lost" };
  await writeLetter(producer, LETTER, { attemptLog: [attempt, { of: "another revision" }] });
  await writeLetter(producer, "omitted", { payloadJson: "null", payloadOmitted: true });
  const getAs = (email: string, path: string) => producer.send(path, { headers: { authorization: bearerOf(email) } });

  const seen = await getAs(ACCOUNTS.viewer, PATH);
  expect(seen).toMatchObject({
    status: 200,
    body: { id: LETTER, attemptLog: [{ attempt: 1, hop: 0, startedAt: "1970-01-01T00:00:00.000Z", outcome: "lost" }] },
  });
  expect(seen.body).not.toHaveProperty("payload");
  expect(seen.headers.get("etag")).toMatch(/^"\d+\.\d+"$/);
  expect(await getAs(ACCOUNTS.viewer, `${PATH}?include=payload`)).toMatchObject({
    status: 403,
    body: { code: "forbidden", detail: expect.stringContaining("may not read payloads") },
  });
  expect((await getAs(ACCOUNTS.operator, `${PATH}?include=payload`)).body).toMatchObject({ payload: CLAIMED.payload });
  const omitted = await getAs(ACCOUNTS.operator, "/v1/dead-letters/omitted?include=payload");
  expect(omitted.body).toMatchObject({ payloadOmitted: true });
  expect(omitted.body).not.toHaveProperty("payload");
  expect(await getAs(ACCOUNTS.operator, `${PATH}?include=all`)).toMatchObject({ status: 400 });
  expect(producer.logged.join("")).not.toContain("example.com/hook");
});

test("a letter of an earlier revision is shown as if it was completed; an expired or malformed one isn't found", async () => {
  const producer = await setUpProducer();
  const { status: _status, code: _code, caller: _caller, attemptLog: _log, ...earlier } = letterOf(LETTER);
  await writeLetters(producer, [[LETTER, earlier]]);

  expect((await producer.send(PATH)).body).toMatchObject({ status: "open", code: "HTTP_500", attemptLog: [] });
  await writeLetter(producer, "expired", { expireAt: Timestamp.fromMillis(Date.now() - 1_000) });
  await writeLetters(producer, [["no letter", { status: "open" }]]);

  for (const id of ["expired", "none", "a/b", "__x__", "x".repeat(1_501), "\u0000"]) {
    const path = `/v1/dead-letters/${encodeURIComponent(id)}`;
    expect(await producer.send(path)).toMatchObject({ status: 404, body: { code: "dead-letter-not-found" } });
    expect(await deleteLetter(producer, { path })).toEqual([404, "dead-letter-not-found"]);
  }
  expect(await producer.send("/v1/dead-letters/no%20letter")).toMatchObject({ status: 404 });
  // Whatever it is, an operator can get rid of it.
  expect(await deleteLetter(producer, { path: "/v1/dead-letters/no%20letter" })).toEqual([204]);
});

test("a deleted letter is gone, and the log says who deleted what", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);

  expect(await deleteLetter(producer)).toEqual([204]);
  expect(await readLetter(producer)).toBeUndefined();
  expect(await deleteLetter(producer)).toEqual([404, "dead-letter-not-found"]);
  expect(producer.logged.map((line) => JSON.parse(line))).toMatchObject([
    { letterId: LETTER, taskType: "webhook.deliver", errorCode: "HTTP_500", deletedBy: "local" },
    { httpRequest: { requestMethod: "DELETE", requestUrl: "/v1/dead-letters/:id", status: 204 }, taskId: LETTER },
    { httpRequest: { status: 404 } },
  ]);
});

test("a letter that changes meanwhile is kept: since it was seen, with If-Match; else, since the request came", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);
  const etag = async () => (await producer.send(PATH)).headers.get("etag") ?? "";
  const seen = await etag();
  await writeLetter(producer, LETTER, { code: "HTTP_404" });

  expect(await deleteLetter(producer, { ifMatch: seen })).toEqual([412, "letter-changed"]);
  expect(await deleteLetter(producer, { ifMatch: `W/${await etag()}` })).toEqual([412, "letter-changed"]);
  expect(await readLetter(producer)).toMatchObject({ code: "HTTP_404" });
  void producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    onArrival: () => writeLetter(producer, LETTER, { code: "HTTP_410" }),
  });
  expect(await deleteLetter(producer, { ifMatch: await etag() })).toEqual([409, "letter-changed"]);
  expect(await readLetter(producer)).toMatchObject({ code: "HTTP_410" });
  expect(await deleteLetter(producer, { ifMatch: `"x", ${await etag()}` })).toEqual([204]);
});

test.each(["before-effect", "after-effect"] as const)(
  "a deletion whose commit fails %s deletes it once",
  async (when) => {
    const producer = await setUpProducer();
    await writeLetter(producer);
    void producer.recordsProxy.inject({ rpc: "Commit", when, answer: { status: status.ABORTED } });

    expect(await deleteLetter(producer)).toEqual([204]);
    expect(await readLetter(producer)).toBeUndefined();
  },
);

test("a deletion that Firestore doesn't confirm in time is reported as such, and is finished", async () => {
  const clock = new VirtualClock({ startMs: Date.now() });
  const producer = await setUpProducer({ clock });
  await writeLetter(producer);
  const injected = producer.recordsProxy.inject({ rpc: "Commit", when: "after-effect", answer: "nothing" });
  const deleting = deleteLetter(producer);
  await injected;
  await clock.advance(3_000);

  expect(await deleting).toEqual([503, "outcome-unknown"]);
  expect(await readLetter(producer)).toBeUndefined();
});

test("a summary counts the newest thousand open letters, and says whether these are all", async () => {
  const clock = new VirtualClock({ startMs: Date.now() });
  const producer = await setUpProducer({ clock });
  const at = (n: number): Timestamp => Timestamp.fromMillis(Date.UTC(2026, 4, 1) + n);
  const codes = ["HTTP_500", "HTTP_500", "timeout"];
  const letters = Array.from({ length: 1_000 }, (_, n) => {
    const [id, code] = [`letter-${n}`, codes[n % 3]];
    return [id, letterOf(id, { code, type: n < 4 ? "mail.send" : "webhook.deliver", diedAt: at(n) })] as const;
  });
  await writeLetters(producer, letters);
  await writeLetter(producer, "replayed", { status: "replayed" });
  const summary = () => producer.send("/v1/dead-letters/summary");
  const webhooks = { type: "webhook.deliver" };
  const mails = { type: "mail.send" };
  const whole = [
    { ...webhooks, code: "HTTP_500", count: 664, newestDiedAt: "2026-05-01T00:00:00.999Z" },
    { ...webhooks, code: "timeout", count: 332, newestDiedAt: "2026-05-01T00:00:00.998Z" },
    { ...mails, code: "HTTP_500", count: 3, newestDiedAt: "2026-05-01T00:00:00.003Z" },
    { ...mails, code: "timeout", count: 1, newestDiedAt: "2026-05-01T00:00:00.002Z" },
  ];

  const both = await Promise.all([summary(), summary()]);
  for (const { body } of both) expect(body).toEqual({ items: whole, complete: true });
  await writeLetter(producer, "letter-1000", { type: "new.type", code: "new", diedAt: at(1_000) });
  await clock.advance(9_999);
  expect((await summary()).body).toEqual({ items: whole, complete: true });
  expect(producer.calls("RunQuery")).toBe(1);

  await clock.advance(1);
  // The oldest letter isn't among the newest thousand any more.
  const newest = [{ type: "new.type", code: "new", count: 1, newestDiedAt: "2026-05-01T00:00:01.000Z" }];
  expect((await summary()).body).toEqual({
    items: [...whole.slice(0, 2), { ...whole[2], count: 2 }, ...newest, whole[3]],
    complete: false,
  });
  expect(await producer.send("/v1/dead-letters/summary?type=mail.send")).toMatchObject({ status: 400 });
  expect(producer.calls("RunQuery")).toBe(2);
});
