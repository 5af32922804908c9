import { expect, test } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { LETTER, readLetter, writeLetter } from "../../../harness/producer/letters.ts";

const PAGE = `/dead-letters/${LETTER}/delete`;

const versionOn = (html: string): string => /name="version" value="&quot;([^"]*)&quot;"/.exec(html)?.[1] ?? "";

test("asks before it deletes a letter, and then names it", async () => {
  const { producer, get, act } = await setUpConsole();
  await writeLetter(producer);
  const asked = await get(PAGE);
  expect(asked.main).toContain("Its payload is gone for good");
  expect(asked.main).toContain("webhook.deliver open HTTP_500");
  expect(await readLetter(producer)).toBeDefined();

  const page = await act(PAGE, { version: `"${versionOn(asked.html)}"` });
  expect(page.text).toContain(`Deleted the dead letter ${LETTER}.`);
  expect(await readLetter(producer)).toBeUndefined();
});

test("a letter that has changed since the question is kept, and the page says so", async () => {
  const { producer, get, post } = await setUpConsole();
  await writeLetter(producer);
  const version = `"${versionOn((await get(PAGE)).html)}"`;
  await producer.letters().doc(LETTER).update({ code: "another" });
  const page = await post(PAGE, { version });
  expect(page.status).toBe(409);
  expect(page.main).toContain("The letter doesn't match If-Match.");
  expect(page.main).toContain("letter-changed");
  expect(await readLetter(producer)).toBeDefined();
});

test("for a letter that somebody else has deleted meanwhile it shows the producer's 404", async () => {
  const { producer, get, post } = await setUpConsole();
  await writeLetter(producer);
  const version = `"${versionOn((await get(PAGE)).html)}"`;
  await producer.letters().doc(LETTER).delete();
  const page = await post(PAGE, { version });
  expect([page.status, page.main]).toEqual([404, expect.stringContaining("There is no such dead letter.")]);
});

test("a viewer's deletion gets the producer's 403, and the letter stays", async () => {
  const { producer, post } = await setUpConsole({ person: ACCOUNTS.viewer });
  await writeLetter(producer);
  const page = await post(PAGE);
  expect([page.status, page.main]).toEqual([403, expect.stringContaining("which may not delete dead letters")]);
  expect(await readLetter(producer)).toBeDefined();
});
