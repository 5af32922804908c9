import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { type ConsoleResponse, setUpConsole } from "../../../harness/console/console-harness.ts";
import { LETTER, letterOf, writeLetter, writeLetters } from "../../../harness/producer/letters.ts";
import { CLAIMED } from "../../../harness/producer/producer-harness.ts";

const at = (seconds: number): Timestamp => Timestamp.fromMillis(Date.UTC(2026, 4, 1, 10, 0, seconds));

const FAILED_TWICE = {
  attempts: 2,
  attemptLog: [
    {
      attempt: 1,
      startedAt: at(1),
      endedAt: at(2),
      outcome: "threw",
      code: "TypeError",
      message: "No x.",
      stack: "at f",
    },
    { attempt: 2, startedAt: at(9), endedAt: at(10), outcome: "permanent", code: "HTTP_500", message: "The end." },
  ],
  error: { code: "HTTP_500", message: "The end." },
};

test("shows the task's error, why it wasn't retried, and each attempt's error", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer, LETTER, { ...FAILED_TWICE, replayOf: "an earlier letter" });

  const page = await get(`/dead-letters/${LETTER}`);
  expect(page.status).toBe(200);
  expect(page.main).toContain(
    "webhook.deliver open Died of HTTP_500 The end. Its handler said in attempt 2 that another one would not help.",
  );
  expect(page.main).toContain("Attempt 1 threw an error after 1 s");
  expect(page.main).toContain("TypeError No x. Stack at f");
  expect(page.main).toContain("15 attempts at most, each up to 30 s, in queue default");
  expect(page.main).toContain("Caller shop@example.com");
  expect(page.links).toEqual(
    expect.arrayContaining([`/tasks/${LETTER}`, "/queues/default", "/dead-letters/an%20earlier%20letter"]),
  );
  expect(page.main).toContain(`npx handoff dead replay --url ${producer.url} ${LETTER}`);
});

test("operators see the payload, and all of it as text; viewers see why they don't", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer);
  expect((await get(`/dead-letters/${LETTER}`)).main).toContain('"event" : "order.paid"');
  const text = await get(`/dead-letters/${LETTER}/payload`);
  expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(JSON.parse(text.html)).toEqual(CLAIMED.payload);

  const viewer = await setUpConsole({ person: ACCOUNTS.viewer });
  await writeLetter(viewer.producer);
  const page = await viewer.get(`/dead-letters/${LETTER}`);
  expect(page.status).toBe(200);
  expect(page.main).toContain("Only operators see payloads.");
  expect(page.main).not.toContain("order.paid");
  expect(page.main).not.toMatch(/Replay…|Delete…/);
  const refused = await viewer.get(`/dead-letters/${LETTER}/payload`);
  expect(refused.status).toBe(403);
  expect(refused.main).toContain("which may not read payloads");
});

test("a letter without a payload says why, and what a replay needs", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer, LETTER, { payloadJson: "null", payloadOmitted: true });
  const page = await get(`/dead-letters/${LETTER}`);
  expect(page.main).toContain("Firestore refused to store the payload");
  expect(page.main).toContain("A replay needs one that you write.");
  expect((await get(`/dead-letters/${LETTER}/payload`)).status).toBe(404);
});

test("shows how often it was replayed, as what, when and by whom, and whether its task has died again", async () => {
  const { producer, get } = await setUpConsole();
  const replayed = { replays: 2, replayedAs: "task-2", replayedAt: at(50), replayedBy: "ops@example.com" };
  await writeLetter(producer, "a", { ...replayed, status: "replayed" });
  await writeLetter(producer, "b", { ...replayed, status: "open" });
  const page = await get("/dead-letters/a");
  expect(page.main).toMatch(/Replays 2 times, the last time .* by ops@example\.com, as task-2/);
  expect(page.main).not.toContain("died again");
  expect((await get("/dead-letters/b")).main).toContain("Its task has died again since.");
});

test("says that the producer no longer knows a type", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer, LETTER, { type: "no.more" });
  expect((await get(`/dead-letters/${LETTER}`)).main).toContain("The producer doesn't know the type any more.");
  expect((await get(`/dead-letters/${LETTER}/replay`)).main).toContain("so it will refuse the replay");
});

test("an unknown letter gets the producer's 404", async () => {
  const { get } = await setUpConsole();
  for (const path of ["none", "none/replay", "none/delete", "none/payload", "%F0%9F", "..%2Fqueues"]) {
    const page = await get(`/dead-letters/${path}`);
    expect([path, page.status]).toEqual([path, 404]);
    expect(page.main).toContain("There is no such dead letter. It may have been deleted, or may have expired.");
  }
});

const HOSTILE = `"'><img src=x onerror=alert(1)></textarea><script>alert(1)</script>javascript:alert(1)`;

/** All that a letter shows is what somebody wrote. */
const hostileLetter = (text: string) =>
  letterOf(
    text,
    {
      taskId: text,
      type: text,
      queue: text,
      code: text,
      caller: text,
      replayOf: text,
      replays: 1,
      replayedAs: text,
      replayedBy: text,
      replayedAt: at(1),
      error: { code: text, message: text },
      attemptLog: [
        { attempt: 1, outcome: text, code: text, message: text, stack: text, instance: text, nextRule: text },
      ],
    },
    { type: CLAIMED.type, payload: { [text]: [text] } },
  );

/** Every page that shows a letter whose texts are all the same one, and the responses to what is done about it. */
async function pagesOf(id: string, text: string): Promise<ConsoleResponse[]> {
  const { producer, get, post } = await setUpConsole();
  await writeLetters(producer, [[id, hostileLetter(text)]]);
  const page = `/dead-letters/${encodeURIComponent(id)}`;
  const query = new URLSearchParams({ letter: id, type: text, code: text, queue: text }).toString();
  return [
    await get("/dead-letters"),
    await get(`/dead-letters?${query}`),
    await get(page),
    await get(`${page}/replay`),
    await get(`${page}/delete`),
    await get(`/selected-letters/replay?${query}`),
    await get(`/selected-letters/delete?${query}`),
    await get(`/matching-letters/replay?${query}`),
    await post(`${page}/replay`, { with: "edited", payload: `{"a":${JSON.stringify(text)}}` }),
    await post("/selected-letters/replay", { letter: ` ${id}`, type: text }),
  ];
}

test("a letter's strings are shown as text on every page, and link only to our own pages", async () => {
  const id = `${HOSTILE.replaceAll("/", "|")}.`;
  const harmless = await pagesOf("harmless", "x");
  const hostile = await pagesOf(id, HOSTILE);
  for (const [n, page] of hostile.entries()) {
    expect([n, page.status, page.tags]).toEqual([n, harmless[n]?.status, harmless[n]?.tags]);
    expect(page.links.filter((link) => !/^\/(?!\/)|^#/.test(link))).toEqual([]);
    expect(page.actions.filter((action) => !/^\/(?!\/)/.test(action))).toEqual([]);
  }
  expect(hostile[2]?.main).toContain(HOSTILE);
  expect(hostile[0]?.links).toContain(`/dead-letters/${encodeURIComponent(id)}`);
});

test("an id that a shell would interpret is quoted in the command line", async () => {
  const { producer, get } = await setUpConsole();
  const id = `$(rm -rf x); it's`;
  await writeLetter(producer, id);
  const page = await get(`/dead-letters/${encodeURIComponent(id)}`);
  expect(page.main).toContain(String.raw`'$(rm -rf x); it'\''s'`);
});
