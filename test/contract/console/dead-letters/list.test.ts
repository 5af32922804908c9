import { Timestamp } from "@google-cloud/firestore";
import { VirtualClock } from "handoff-emulators/clock";
import { expect, test } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { watchCalls } from "../../../harness/console/watched-calls.ts";
import { letterOf, writeLetter, writeLetters } from "../../../harness/producer/letters.ts";

const BEGIN_MS = Date.UTC(2026, 4, 1, 8);
const diedAt = (n: number): Timestamp => Timestamp.fromMillis(BEGIN_MS + n * 60_000);

const rowsOf = (html: string): string[] => [...html.matchAll(/<tr id="letter-([^"]*)"/g)].map(([, id = ""]) => id);

test("lists the open letters, newest first, with the error of each, and links to their pages and their tasks", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer, "older", { diedAt: diedAt(1), error: { code: "HTTP_500", message: "The end." } });
  await writeLetter(producer, "newer", { diedAt: diedAt(2), attempts: 15, taskId: "task-1" });
  await writeLetter(producer, "dealt-with", { status: "replayed" });

  const page = await get("/dead-letters");
  expect(page.status).toBe(200);
  expect(rowsOf(page.html)).toEqual(["newer", "older"]);
  expect(page.links).toEqual(expect.arrayContaining(["/dead-letters/newer", "/tasks/task-1", "/dead-letters/older"]));
  expect(page.main).toMatch(/webhook\.deliver HTTP_500 500 15 .* shop@example\.com/);
  expect(page.main).toContain("The end.");
  expect(page.liveSeconds).toBe(5);
});

test("an address filters the list, and its form and its next page keep the filter", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetters(producer, [
    ...Array.from(
      { length: 51 },
      (_, n) => [`a-${n}`, letterOf(`a-${n}`, { code: "timeout", diedAt: diedAt(n) })] as const,
    ),
    ["b", letterOf("b", { code: "other", diedAt: diedAt(5) })],
    ["c", letterOf("c", { code: "timeout", diedAt: diedAt(100) })],
    ["d", letterOf("d", { code: "timeout", status: "replayed", diedAt: diedAt(7) })],
    ["e", letterOf("e", { type: "report.build", code: "timeout", queue: "bulk", diedAt: diedAt(7) })],
  ]);
  const query = "type=webhook.deliver&queue=default&code=timeout&from=2026-05-01T08%3A00&to=2026-05-01T09%3A00%3A00Z";

  const first = await get(`/dead-letters?${query}`);
  expect(rowsOf(first.html)).toEqual(Array.from({ length: 50 }, (_, n) => `a-${50 - n}`));
  expect(first.html).toContain('name="from" value="2026-05-01T08:00:00"');
  const next = first.links.find((link) => link.includes("cursor=")) ?? "";
  expect(new URL(next, "http://x").searchParams.get("from")).toBe("2026-05-01T08:00:00Z");
  const second = await get(next);
  expect(rowsOf(second.html)).toEqual(["a-0"]);
  expect(second.liveSeconds).toBeUndefined();
  expect(rowsOf((await get("/dead-letters?status=replayed")).html)).toEqual(["d"]);
  expect(rowsOf((await get("/dead-letters?queue=bulk")).html)).toEqual(["e"]);
});

test("the producer's refusal of an address is shown in its own words", async () => {
  const { get } = await setUpConsole();
  const page = await get("/dead-letters?from=yesterday");
  expect(page.status).toBe(400);
  expect(page.main).toContain("from must be an RFC 3339 time with a zone");
});

test("counts the open letters by type and code, and each count links to its letters", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetters(
    producer,
    ["timeout", "timeout", "HTTP_500"].map((code, n) => [`${n}`, letterOf(`${n}`, { code })]),
  );
  const page = await get("/dead-letters");
  expect(page.main).toContain("3 open, by type and code 2 webhook.deliver timeout 1 webhook.deliver HTTP_500");
  const link = "/dead-letters?type=webhook.deliver&code=timeout";
  expect(page.links).toContain(link);

  const narrowed = await get(link);
  expect(rowsOf(narrowed.html)).toEqual(["1", "0"]);
  expect(narrowed.html).toContain('<a href="/dead-letters" aria-current="true">');
});

test("counts the newest of more than 1,000 open letters, and says so", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetters(
    producer,
    Array.from({ length: 1_001 }, (_, n) => [`${n}`, letterOf(`${n}`)]),
  );
  const { main } = await get("/dead-letters");
  expect(main).toContain("The newest 1,000 open, by type and code");
  expect(main).toContain("There are more open letters, which aren't counted here.");
});

test("page 100 of 10,000 letters costs the producer the same as page 1: one list, and at most the summary", async () => {
  const watched = watchCalls();
  // It stands still, so that no call is given up on a busy machine.
  const clock = new VirtualClock({ startMs: Date.now() });
  const { producer, get } = await setUpConsole({ fetch: watched.fetch, clock, producer: { clock } });
  await writeLetters(
    producer,
    Array.from({ length: 10_000 }, (_, n) => [`letter-${n}`, letterOf(`letter-${n}`, { diedAt: diedAt(n) })]),
  );
  const seen = new Set<string>();
  let path = "/dead-letters";
  for (let page = 1; page <= 100; page++) {
    const { status, html, links } = await get(path);
    expect(status).toBe(200);
    for (const id of rowsOf(html)) seen.add(id);
    const calls = watched.callsSince();
    expect(calls.filter((call) => call === "GET /v1/dead-letters")).toHaveLength(1);
    const others = calls.filter((call) => call !== "GET /v1/dead-letters");
    // Who asks is known for a while, and the summary is kept for a few seconds.
    expect(["GET /v1/me", "GET /v1/dead-letters/summary"]).toEqual(expect.arrayContaining([...new Set(others)]));
    expect(others).toHaveLength(new Set(others).size);
    path = links.find((link) => link.includes("cursor=")) ?? "";
  }
  expect(seen.size).toBe(5_000);
});

test("ten tabs that refresh themselves cost the same as one", async () => {
  const watched = watchCalls();
  const { producer, get } = await setUpConsole({ fetch: watched.fetch });
  await writeLetter(producer);
  await Promise.all(Array.from({ length: 10 }, () => get("/dead-letters")));
  expect(watched.callsSince().toSorted()).toEqual([
    "GET /v1/dead-letters",
    "GET /v1/dead-letters/summary",
    "GET /v1/me",
  ]);
});

test("without open letters it shows good news, with a command that shows the same", async () => {
  const { producer, get } = await setUpConsole();
  const page = await get("/dead-letters");
  expect(page.main).toContain("No dead letter is open: nothing has been given up.");
  expect(page.main).toContain(`npx handoff dead list --url ${producer.url}`);
  expect(page.main).not.toContain("Replay");
  expect((await get("/dead-letters?status=replayed")).main).toContain("No dead letter has been replayed.");
});

test("without matching letters the page names the filter, and links to all letters", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer);
  const page = await get("/dead-letters?code=none&type=a.b");
  expect(page.main).toContain("No open dead letter fits: type a.b, code none.");
  expect(page.links).toContain("/dead-letters");
});

test("viewers see the letters without actions; callers get the producer's refusal", async () => {
  const viewer = await setUpConsole({ person: ACCOUNTS.viewer });
  await writeLetter(viewer.producer);
  const page = await viewer.get("/dead-letters");
  expect(page.status).toBe(200);
  expect(page.main).toContain("HTTP_500");
  expect(page.html).not.toContain('type="checkbox"');
  expect(page.main).not.toMatch(/Replay|Delete/);

  const caller = await setUpConsole({ person: ACCOUNTS.caller });
  const refused = await caller.get("/dead-letters");
  expect(refused.status).toBe(403);
  expect(refused.main).toContain("which may not read dead letters");
});
