import { expect, test } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { watchCalls } from "../../../harness/console/watched-calls.ts";
import { LETTER, readLetter, replayIdOf, writeLetter } from "../../../harness/producer/letters.ts";
import { CLAIMED, type ProducerHarness } from "../../../harness/producer/producer-harness.ts";

const PAGE = `/dead-letters/${LETTER}/replay`;

const payloadsIn = async (producer: ProducerHarness): Promise<unknown[]> => {
  const tasks = await producer.queuedTasks("default");
  return tasks.map(({ httpRequest }): unknown => JSON.parse(String(httpRequest?.body)).payload);
};

const keyOn = (html: string): string => /name="key" value="([^"]+)"/.exec(html)?.[1] ?? "";

test("says what a replay will do first: a new task, its queue, its attempts, its payload", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer);
  const { main } = await get(PAGE);
  expect(main).toContain("It makes a new task of type webhook.deliver in queue default , due at once.");
  expect(main).toContain("Its attempts count from 0 and end at 15; this one died of HTTP_500 after 3.");
  expect(main).toContain(
    "It carries the same payload, unless you change it, and belongs to the same caller, shop@example.com",
  );
  expect(main).toContain('"event": "order.paid"');
  expect(await payloadsIn(producer)).toEqual([]);
});

test("a replay leads to its task and says so once; the letter records who did it", async () => {
  const { producer, get, post } = await setUpConsole();
  await writeLetter(producer);
  const done = await post(PAGE);
  expect([done.status, done.location]).toEqual([303, `/tasks/${replayIdOf(1)}`]);
  expect(await payloadsIn(producer)).toEqual([CLAIMED.payload]);
  expect(await readLetter(producer)).toMatchObject({ status: "replayed", replays: 1, replayedBy: "local" });

  const task = await get(`/tasks/${replayIdOf(1)}`);
  expect(task.text).toContain(`Replayed the dead letter ${LETTER} as this task, ${replayIdOf(1)}.`);
  expect((await get(`/tasks/${replayIdOf(1)}`)).text).not.toContain("Replayed the dead letter");
});

test("a letter that somebody else has replayed meanwhile creates no other task, and the page names the one it has", async () => {
  const { producer, act, get } = await setUpConsole();
  await writeLetter(producer);
  await get(PAGE);
  await producer.send(`/v1/dead-letters/${LETTER}/replay`, { method: "POST" });
  const page = await act(PAGE);
  expect(page.status).toBe(200);
  expect(page.text).toContain(`has been replayed already, as ${replayIdOf(1)}. There is no other task.`);
  expect(await payloadsIn(producer)).toHaveLength(1);
});

test("a letter that was replayed before is replayed again only with a form that says so, and once per form", async () => {
  const { producer, get, post } = await setUpConsole();
  await writeLetter(producer);
  await post(PAGE);
  const form = await get(PAGE);
  expect(form.main).toContain("Replay this dead letter again?");
  expect(form.main).toContain("This makes one more task : what the earlier one did may be done twice.");

  const fields = { again: "true", key: keyOn(form.html) };
  const first = await post(PAGE, fields);
  expect(first.location).toBe(`/tasks/${replayIdOf(2)}`);
  expect((await post(PAGE, fields)).location).toBe(`/dead-letters/${LETTER}`);
  expect(await payloadsIn(producer)).toHaveLength(2);
  expect(keyOn((await get(PAGE)).html)).not.toBe(fields.key);
});

test("an operator can replay it with another payload", async () => {
  const { producer, post } = await setUpConsole();
  await writeLetter(producer);
  const payload = { ...CLAIMED.payload, data: { order: 8 } };
  const done = await post(PAGE, { with: "edited", payload: JSON.stringify(payload, null, 2).replaceAll("\n", "\r\n") });
  expect(done.location).toBe(`/tasks/${replayIdOf(1)}`);
  expect(await payloadsIn(producer)).toEqual([payload]);
});

test("typed text is ignored unless the button says that it is meant", async () => {
  const { producer, post } = await setUpConsole();
  await writeLetter(producer);
  await post(PAGE, { payload: '{"url":"https://other.example"}' });
  expect(await payloadsIn(producer)).toEqual([CLAIMED.payload]);
});

test.for([
  ["its schema doesn't accept", '{"url":"nowhere","event":"e","data":1}', "payload.url must be an http or https URL"],
  ["isn't JSON", '{"url":', "payload is not valid JSON"],
  ["would change on its way", '{"url":12345678901234567890}', "payload.url"],
  ["isn't there", " ", "payload is not valid JSON"],
] as const)(
  "a payload that %s is refused beside its field, and what was typed is kept",
  async ([, payload, problem]) => {
    const { producer, post } = await setUpConsole();
    await writeLetter(producer);
    const page = await post(PAGE, { with: "edited", payload });
    expect([400, 409]).toContain(page.status);
    expect(page.main).toContain("Nothing was replayed.");
    expect(page.main).toContain(problem);
    expect(page.html).toMatch(/<textarea[^>]* aria-invalid="true" aria-describedby="payload-problems"/);
    expect(page.html).toMatch(/<details[^>]* open/);
    expect(page.main).toContain(payload.trim());
    expect(await payloadsIn(producer)).toEqual([]);
    expect(await readLetter(producer)).toMatchObject({ status: "open" });
  },
);

test("a letter's own payload that its type no longer accepts is shown for correction", async () => {
  const { producer, post } = await setUpConsole();
  await writeLetter(producer, LETTER, { payloadJson: '{"url":"no URL"}' });
  const page = await post(PAGE);
  expect(page.status).toBe(409);
  expect(page.main).toContain("payload.url must be an http or https URL");
  expect(page.main).toContain('"url": "no URL"');
});

test("a letter without a payload can only be replayed with a typed one", async () => {
  const { producer, get, post } = await setUpConsole();
  await writeLetter(producer, LETTER, { payloadJson: "null", payloadOmitted: true });
  const form = await get(PAGE);
  expect(form.main).toContain("the payload that you write below, since the letter has none");
  expect(form.html).toMatch(/<details[^>]* open/);
  expect(form.main).not.toContain("Replay it");
  const refused = await post(PAGE);
  expect([refused.status, refused.main]).toEqual([409, expect.stringContaining("payload-omitted")]);
  await post(PAGE, { with: "edited", payload: JSON.stringify(CLAIMED.payload) });
  expect(await payloadsIn(producer)).toEqual([CLAIMED.payload]);
});

test("a viewer's replay gets the producer's 403, and nothing is replayed", async () => {
  const { producer, post } = await setUpConsole({ person: ACCOUNTS.viewer });
  await writeLetter(producer);
  const page = await post(PAGE);
  expect(page.status).toBe(403);
  expect(page.main).toContain("which may not replay dead letters");
  expect(await readLetter(producer)).toMatchObject({ status: "open" });
});

test("a form without our token is refused, and nothing is replayed", async () => {
  const { producer, post } = await setUpConsole();
  await writeLetter(producer);
  expect((await post(PAGE, { token: "made-up" })).status).toBe(403);
  expect(await readLetter(producer)).toMatchObject({ status: "open" });
});

test("a replay whose response is lost may have taken effect, and can be repeated", async () => {
  const watched = watchCalls();
  const { producer, act, post } = await setUpConsole({ fetch: watched.fetch });
  await writeLetter(producer);
  watched.decide((call) => (call.startsWith("POST") ? "response lost" : "passes"));
  const lost = await post(PAGE);
  expect([lost.status, lost.main]).toEqual([502, expect.stringContaining("An action may have had its effect.")]);
  watched.decide(() => "passes");
  expect((await act(PAGE)).text).toContain(`replayed already, as ${replayIdOf(1)}`);
  expect(await payloadsIn(producer)).toHaveLength(1);
});
