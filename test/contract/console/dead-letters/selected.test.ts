import { expect, test } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { type ConsoleResponse, setUpConsole } from "../../../harness/console/console-harness.ts";
import { watchCalls } from "../../../harness/console/watched-calls.ts";
import { letterOf, readLetter, replayIdOf, writeLetter, writeLetters } from "../../../harness/producer/letters.ts";

const REPLAY = "/selected-letters/replay";
const DELETE = "/selected-letters/delete";

const asking = (page: string, ids: readonly string[]): string =>
  `${page}?${new URLSearchParams(ids.map((id): [string, string] => ["letter", id])).toString()}`;

/** What the question's form sends of its letters. */
const lettersOn = (page: ConsoleResponse, ids: readonly string[]): string[] =>
  page.valuesOf("value").filter((value) => ids.some((id) => value.endsWith(` ${id}`)));

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `letter-${n}`);

test("the list's form asks about the selected letters, and leads back to the same list", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetters(
    producer,
    names(3).map((id) => [id, letterOf(id)]),
  );
  const list = await get("/dead-letters?code=HTTP_500");
  expect(list.actions).toContain(REPLAY);
  expect(list.valuesOf("formaction")).toEqual([REPLAY, DELETE]);

  const asked = await get(`${asking(REPLAY, ["letter-0", "letter-2"])}&code=HTTP_500`);
  expect(asked.main).toContain("Replay the selected dead letters?");
  expect(asked.main).toContain("Replay 2 dead letters");
  expect(asked.links).toEqual(
    expect.arrayContaining(["/dead-letters/letter-0", "/dead-letters/letter-2", "/dead-letters?code=HTTP_500"]),
  );
  expect(asked.links).not.toContain("/dead-letters/letter-1");
  expect(await readLetter(producer, "letter-0")).toMatchObject({ status: "open" });
});

test("selected letters are replayed, and the list that it leads back to says how many", async () => {
  const { producer, get, act } = await setUpConsole();
  await writeLetters(
    producer,
    names(12).map((id) => [id, letterOf(id)]),
  );
  const ids = names(11);
  const letter = lettersOn(await get(asking(REPLAY, ids)), ids);
  const page = await act(REPLAY, { letter, code: "HTTP_500" });
  expect(page.text).toContain("Replayed 11 dead letters.");
  expect(page.links).toContain("/dead-letters/letter-11");
  const open = await producer.letters().where("status", "==", "open").get();
  expect(open.docs.map(({ id }) => id)).toEqual(["letter-11"]);
  expect(await producer.queuedTasks("default")).toHaveLength(11);
});

test("selected letters are deleted; one that has changed since is kept, and a missing one is reported as such", async () => {
  const { producer, get, post } = await setUpConsole();
  const ids = names(4);
  await writeLetters(
    producer,
    ids.map((id) => [id, letterOf(id)]),
  );
  const asked = await get(asking(DELETE, ids));
  expect(asked.main).toContain("Their payloads are lost");
  await producer.letters().doc("letter-1").update({ code: "another" });
  await producer.letters().doc("letter-2").delete();

  const page = await post(DELETE, { letter: lettersOn(asked, ids) });
  expect(page.status).toBe(200);
  expect(page.main).toContain("Deleted 2 of 4 selected dead letters.");
  expect(page.main).toContain("letter-1 not deleted The letter doesn't match If-Match.");
  expect(page.main).toContain("letter-2 no longer there");
  expect(page.main).not.toContain("Go on");
  const left = await producer.letters().get();
  expect(left.docs.map(({ id }) => id)).toEqual(["letter-1"]);
});

test("each letter that can't be replayed says why, and each replayed one as what", async () => {
  const { producer, get, post } = await setUpConsole();
  await writeLetter(producer, "fine");
  await writeLetter(producer, "unfit", { payloadJson: '{"url":"no URL"}' });
  await writeLetter(producer, "before");
  await producer.send("/v1/dead-letters/before/replay", { method: "POST" });
  const ids = ["fine", "unfit", "before"];
  const page = await post(REPLAY, { letter: lettersOn(await get(asking(REPLAY, ids)), ids) });
  expect(page.main).toContain("Replayed 1 of 3 selected dead letters.");
  expect(page.main).toContain("unfit not replayed The type doesn't accept the payload.");
  expect(page.main).toMatch(/before replayed already [0-9a-f]{10}/);
  expect(page.links).toContain(`/tasks/${replayIdOf(1, { letter: "fine" })}`);
});

test("while the producer can't be reached no letter is begun, and the rest can be continued", async () => {
  const watched = watchCalls();
  const { producer, get, post, act } = await setUpConsole({ fetch: watched.fetch });
  const ids = names(40);
  await writeLetters(
    producer,
    ids.map((id) => [id, letterOf(id)]),
  );
  const letter = lettersOn(await get(asking(REPLAY, ids)), ids);
  let replays = 0;
  watched.decide((call) => (call.endsWith("/replay") && ++replays > 10 ? "response lost" : "passes"));
  const page = await post(REPLAY, { letter });
  expect(page.main).toContain("Replayed 10 of 40 selected dead letters.");
  expect(page.main).toMatch(/perhaps replayed The producer at \S+ did not respond\./);
  expect(page.main).toContain("not begun");
  const begun = watched.callsSince().filter((call) => call.endsWith("/replay"));
  expect(begun.length).toBeLessThanOrEqual(15);

  watched.decide(() => "passes");
  const rest = lettersOn(page, ids);
  expect(rest).toHaveLength(30);
  // Those whose responses were lost had been replayed.
  expect((await act(REPLAY, { letter: rest })).text).toMatch(/Replayed \d+ of 30 selected dead letters\./);
  expect(await producer.queuedTasks("default")).toHaveLength(40);
  expect((await producer.letters().where("replays", "==", 1).get()).size).toBe(40);
});

test("missing letters are named in the question, and left out", async () => {
  const { producer, get } = await setUpConsole();
  await writeLetter(producer, "here");
  const asked = await get(asking(DELETE, ["here", "gone"]));
  expect(asked.main).toContain("Not there any more: gone");
  expect(asked.main).toContain("Delete 1 dead letter");
  expect(lettersOn(asked, ["here", "gone"])).toHaveLength(1);
  expect((await get(asking(DELETE, ["gone"]))).main).toContain("None of the selected letters is there any more.");
});

test("an empty selection, and one of more than 100, are reported as such", async () => {
  const { get, post } = await setUpConsole();
  for (const page of [await get(REPLAY), await post(DELETE)]) {
    expect([page.status, page.main]).toEqual([400, expect.stringContaining("No dead letter is selected")]);
  }
  const many = names(101);
  for (const page of [await get(asking(DELETE, many)), await post(REPLAY, { letter: many.map((id) => ` ${id}`) })]) {
    expect([page.status, page.main]).toEqual([400, expect.stringContaining("Select at most 100")]);
  }
});

test("a viewer's form gets the producer's 403, and no letter changes", async () => {
  const { producer, post } = await setUpConsole({ person: ACCOUNTS.viewer });
  await writeLetters(
    producer,
    names(7).map((id) => [id, letterOf(id)]),
  );
  const letter = names(7).map((id) => ` ${id}`);
  for (const [page, action] of [
    [REPLAY, "replay"],
    [DELETE, "delete"],
  ] as const) {
    const refused = await post(page, { letter });
    expect([refused.status, refused.main]).toEqual([
      403,
      expect.stringContaining(`which may not ${action} dead letters`),
    ]);
  }
  expect((await producer.letters().where("status", "==", "open").get()).size).toBe(7);
});
