import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { deployTestQueues } from "../../../harness/registry/test-queues.ts";
import { googleConsole } from "../../../../services/producer/http/google-console.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { LETTER, writeLetter } from "../../../harness/producer/letters.ts";
import { CLAIMED, NATURAL } from "../../../harness/producer/producer-harness.ts";

const at = (seconds: number) => Timestamp.fromMillis(Date.UTC(2026, 4, 1, 10, 0, seconds));

/** Two attempts of a task, as its record tells of them. */
const LOG = [
  {
    attempt: 1,
    hop: 0,
    startedAt: at(1),
    endedAt: at(3),
    outcome: "retry",
    code: "HTTP_503",
    message: "The subscriber answered 503.",
    stack: null,
    instance: "worker-a",
    nextAt: at(13),
    nextRule: "backoff",
  },
  {
    attempt: 2,
    hop: 1,
    startedAt: at(13),
    endedAt: at(14),
    outcome: "threw",
    code: "TypeError",
    message: "x is not a function",
    stack: "at deliver (deliver.ts:12)",
    instance: "worker-b",
  },
];

it("shows a queued task with its payload, and keeps refreshing", async () => {
  const { producer, get } = await setUpConsole();
  const { body } = await producer.enqueue(CLAIMED);

  const page = await get(`/tasks/${body.id}`);
  expect(page.status).toBe(200);
  expect(page.main).toContain("webhook.deliver queued");
  expect(page.main).toMatch(/The first attempt (is|was) due .*: its queue delivers it as soon as it can\./);
  expect(page.main).toContain("Caller local");
  expect(page.main).toContain('"event" : "order.paid"');
  expect(page.links).toContain(`/tasks/${body.id}/payload`);
  expect(page.liveSeconds).toBe(2);
});

it("says that a queue is paused, which is why nothing is delivered", async () => {
  const { producer, get } = await setUpConsole();
  const { body } = await producer.enqueue(CLAIMED);

  const page = await get(`/tasks/${body.id}`);
  expect(page.main).toContain("The queue default is paused: it delivers nothing until somebody resumes it.");
});

it("shows each attempt with its end, its error and its instance, and the waits between with what set them", async () => {
  const { producer, get } = await setUpConsole();
  const fields = { attempts: 2, attemptLog: LOG, enqueuedAt: "2026-05-01T10:00:00.000Z", result: "7" };
  await producer.writeRecord(LETTER, fields);

  const page = await get(`/tasks/${LETTER}`);
  expect(page.main).toMatch(
    /Accepted 2026-05-01 10:00:00\.000 UTC.*Attempt 1 asked for a retry.*Attempt 2 threw an error/,
  );
  expect(page.main).toContain("Attempt 1 asked for a retry after 2 s The handler asked for another attempt. HTTP_503");
  expect(page.main).toContain("10 s, set by its type's backoff");
  expect(page.main).toContain("at deliver (deliver.ts:12)");
  expect(page.main).toContain("on worker-b");
  expect(page.main).toContain("Succeeded 2026-05-01 10:00:05.000 UTC");
});

it("stops refreshing once the task has ended", async () => {
  const { producer, get } = await setUpConsole();
  const { body } = await producer.enqueue(CLAIMED);
  await producer.writeRecord(body.id);

  const page = await get(`/tasks/${body.id}`);
  expect(page.main).toContain("webhook.deliver succeeded");
  expect(page.main).toContain('"status" : 204');
  expect(page.liveSeconds).toBeUndefined();
});

it("links from a dead task to its letter, and shows who enqueued it and what happened", async () => {
  const { producer, get } = await setUpConsole();
  const replayedAs = `${"b".repeat(32)}-default`;
  await producer.writeRecord(LETTER, { state: "dead", result: null, lastError: { code: "HTTP_500", message: "500" } });
  await writeLetter(producer, LETTER, { status: "replayed", replays: 1, replayedAs });

  const page = await get(`/tasks/${LETTER}`);
  expect(page.links).toContain(`/dead-letters/${LETTER}`);
  expect(page.links).toContain(`/tasks/${replayedAs}`);
  expect(page.main).toContain("Caller shop@example.com");
  expect(page.main).toContain("HTTP_500 500");
});

it("links to the parent, the follow-up tasks, and the replayed letter", async () => {
  const { producer, get } = await setUpConsole();
  const [id, parent, child] = ["1", "2", "3"].map((digit) => `${digit.repeat(32)}-default`);
  await producer.writeRecord(id ?? "", { parentId: parent, children: [child], replayOf: LETTER });

  const page = await get(`/tasks/${id}`);
  expect(page.links).toEqual(
    expect.arrayContaining([`/tasks/${parent}`, `/tasks/${child}`, `/dead-letters/${LETTER}`]),
  );
});

it("links to Google's console if there is one", async () => {
  const queues = deployTestQueues((key) => key);
  const console = googleConsole({ project: "handoff-test", location: "europe-west1", queues });
  const { producer, get } = await setUpConsole({ producer: { console } });
  const { body } = await producer.enqueue(CLAIMED);
  const links = (await get(`/tasks/${body.id}`)).links.filter((link) => link.startsWith("https:"));
  expect(links).toEqual([
    "https://console.cloud.google.com/cloudtasks/queue/europe-west1/default/tasks?project=handoff-test",
    expect.stringMatching(/^https:\/\/console\.cloud\.google\.com\/logs\/query;query=/),
  ]);
});

it("shows a natural task that has left its queue as finished", async () => {
  const { producer, get } = await setUpConsole();
  const { body } = await producer.enqueue(NATURAL);
  await producer.admin.deleteTask({ name: producer.taskName(body.id) });

  const page = await get(`/tasks/${body.id}`);
  expect(page.main).toContain("Task finished");
  expect(page.main).toContain("they leave when they have succeeded");
  expect(page.liveSeconds).toBeUndefined();
});

it("shows the API's message about an unknown task, and the form of ids", async () => {
  const { get } = await setUpConsole();
  const page = await get("/tasks/nothing-of-the-kind");
  expect(page.status).toBe(404);
  expect(page.main).toContain("32 hexadecimal digits");
  expect(page.main).toContain("Code: task-not-found");
});

it("shows a viewer the task without its payload, and without the operators' actions", async () => {
  const { producer, get } = await setUpConsole({ person: ACCOUNTS.viewer });
  await producer.writeRecord(LETTER, { state: "running", caller: ACCOUNTS.caller });

  const page = await get(`/tasks/${LETTER}`);
  expect(page.status).toBe(200);
  expect(page.main).toContain("Only operators see payloads");
  expect(page.actions).toEqual(["/search"]);
  expect((await get(`/tasks/${LETTER}/payload`)).status).toBe(403);
});

it("shows a hostile task's strings as text", async () => {
  const evil = `</script><img src=x onerror="alert(1)">'"&<b>`;
  const { producer, get } = await setUpConsole();
  const entry = { ...LOG[1], outcome: evil, code: evil, message: evil, stack: evil, instance: evil, nextRule: evil };
  const fields = {
    type: evil,
    attempts: 3,
    attemptLog: [entry, { ...entry, attempt: 2 }],
    children: [evil],
    replayOf: evil,
    parentId: evil,
    lastError: { code: evil, message: evil },
    result: JSON.stringify({ [evil]: evil, javascript: "javascript:alert(1)" }),
  };
  await producer.writeRecord(LETTER, fields);

  const page = await get(`/tasks/${LETTER}`);
  expect(page.status).toBe(200);
  expect(page.main).toContain(evil);
  expect(page.tags).not.toContain("img");
  expect(page.html).not.toMatch(/<script>|<b><|onerror="/);
  expect(page.links.filter((link) => !/^(\/|#)/.test(link))).toEqual([]);
});
