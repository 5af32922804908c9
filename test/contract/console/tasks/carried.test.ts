import { expect, it } from "vitest";
import { ACCOUNTS } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { LETTER } from "../../../harness/producer/letters.ts";
import { CLAIMED } from "../../../harness/producer/producer-harness.ts";

/** In bytes: the page of any task, however much it carries. */
const LARGEST_PAGE = 400_000;

it("shows a whole payload as text that no browser interprets as a page", async () => {
  const { producer, get } = await setUpConsole();
  const payload = { ...CLAIMED.payload, data: { html: "<script>alert(1)</script>", amount: 12.5, large: 1e21 } };
  const { body } = await producer.enqueue({ ...CLAIMED, payload });

  const { status, headers, html } = await get(`/tasks/${body.id}/payload`);
  expect([status, headers.get("content-type"), headers.get("x-content-type-options")]).toEqual([
    200,
    "text/plain; charset=utf-8",
    "nosniff",
  ]);
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(html).toBe(`${JSON.stringify(payload, null, 2)}\n`);
  expect(html).toContain('"large": 1e+21');
});

it.each([
  ["a long list", JSON.stringify(Array.from({ length: 33_000 }, (_, i) => i))],
  ["a deep value", `${"[".repeat(62)}${"1,".repeat(40_000)}1${"]".repeat(62)}`],
  [
    "an object with many fields",
    JSON.stringify(Object.fromEntries(Array.from({ length: 14_000 }, (_, i) => [`field-${i}`, i]))),
  ],
  [
    "lists of lists",
    JSON.stringify(Array.from({ length: 180 }, () => Array.from({ length: 180 }, (_, i) => `<b>${i}`))),
  ],
  ["a long string", JSON.stringify("<".repeat(250_000))],
])("shows a part of %s, and links to the whole", async (_, result) => {
  const { producer, get } = await setUpConsole();
  await producer.writeRecord(LETTER, { result });

  const page = await get(`/tasks/${LETTER}`);
  expect(page.status).toBe(200);
  expect(page.html.length).toBeLessThan(LARGEST_PAGE);
  expect(page.main).toContain("This is a part of the result: at most 1,000 values");
  expect(page.links).toContain(`/tasks/${LETTER}/result`);
  const whole = await get(`/tasks/${LETTER}/result`);
  expect(JSON.stringify(JSON.parse(whole.html))).toBe(result);
});

it("folds long and deep values", async () => {
  const { producer, get } = await setUpConsole();
  const long = Array.from({ length: 40 }, (_, i) => i);
  await producer.writeRecord(LETTER, { result: JSON.stringify({ long, short: [1], deep: { in: { in: { in: 1 } } } }) });

  const { html } = await get(`/tasks/${LETTER}`);
  const open = html.match(/<details open/g)?.length;
  const all = html.match(/<details/g)?.length;
  // The result itself, short, and the first two levels of deep.
  expect([open, all]).toEqual([4, 6]);
});

it("says that there is no payload or result to show", async () => {
  const { producer, get } = await setUpConsole();
  await producer.writeRecord(LETTER, { state: "cancelled", result: null });
  for (const what of ["payload", "result"]) {
    const page = await get(`/tasks/${LETTER}/${what}`);
    expect(page.status).toBe(404);
    expect(page.main).toContain(`There is no ${what} to show`);
  }
});

it("shows a viewer results, but no payload", async () => {
  const { producer, get } = await setUpConsole({ person: ACCOUNTS.viewer });
  await producer.writeRecord(LETTER, { caller: ACCOUNTS.caller });
  expect((await get(`/tasks/${LETTER}/result`)).html).toBe('{\n  "status": 204\n}\n');
  const refused = await get(`/tasks/${LETTER}/payload`);
  expect(refused.status).toBe(403);
  expect(refused.main).toContain("which may not read payloads");
});
