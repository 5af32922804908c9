import { expect, it } from "vitest";
import { ACCOUNTS, bearerOf } from "../../../harness/auth/callers.ts";
import { setUpConsole } from "../../../harness/console/console-harness.ts";
import { LETTER, writeLetter } from "../../../harness/producer/letters.ts";
import { CLAIMED } from "../../../harness/producer/producer-harness.ts";
import { SCHEDULE_REGISTRY } from "../../../harness/schedules/test-schedules.ts";

const OPERATOR = { authorization: bearerOf(ACCOUNTS.operator) };
const LATER = { ...CLAIMED, scheduleTime: "2031-01-31T08:00:00Z" };

/** What each form sends, so that nothing but the role is in the way. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/tasks/:id/reschedule": { delay: "5", unit: "minutes" },
  "/queues/:key/purge": { queue: "default" },
  "/selected-letters/replay": { letter: ` ${LETTER}` },
  "/selected-letters/delete": { letter: ` ${LETTER}` },
  "/enqueue": { type: CLAIMED.type, as: "json", json: JSON.stringify(CLAIMED.payload), do: "enqueue" },
};

it("a viewer who sends the operators' forms gets the producer's refusal of each, and nothing is done", async () => {
  const producer = { registry: SCHEDULE_REGISTRY };
  const console = await setUpConsole({ producer, person: ACCOUNTS.viewer });
  await writeLetter(console.producer);
  const { body } = await console.producer.post(JSON.stringify(LATER), OPERATOR);
  expect(body.id).toMatch(/^[0-9a-f]{32}n?-default$/);
  const state = async () => {
    const paths = ["/v1/queues/default", "/v1/queues/default/tasks", `/v1/dead-letters/${LETTER}`, "/v1/schedules"];
    const read = paths.map((path) => console.producer.send(path, { headers: OPERATOR }));
    return (await Promise.all(read)).map((response) => [response.status, withoutTimes(response.body)]);
  };
  const before = await state();
  const actions = console.app.routes.filter(({ method }) => method === "POST").map(({ path }) => path);

  const outcomes: Record<string, unknown> = {};
  for (const action of actions) {
    const path = action
      .replace("/tasks/:id", `/tasks/${body.id}`)
      .replace("/dead-letters/:id", `/dead-letters/${LETTER}`)
      .replace(":key", "default")
      .replace(":name", "nightly");
    const { status, text } = await console.post(path, FIELDS[action]);
    outcomes[action] = [status, text.includes(`${ACCOUNTS.viewer} has the role viewer, which may not`)];
  }

  expect(actions.length).toBeGreaterThan(10);
  expect(outcomes).toEqual(Object.fromEntries(actions.map((action) => [action, [403, true]])));
  expect(await state()).toEqual(before);
});

const CHANGES_BY_ITSELF: ReadonlySet<string> = new Set(["nextAt", "nextCursor"]);

/** What the clock alone changes isn't done by anybody. */
function withoutTimes(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (name, value) => (CHANGES_BY_ITSELF.has(name) ? undefined : value));
}
