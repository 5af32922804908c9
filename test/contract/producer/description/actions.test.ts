import { expect, it } from "vitest";
import { type ApiDocument, operationsOf } from "../../../harness/openapi/document.ts";
import { LETTER, readLetter, writeLetter } from "../../../harness/producer/letters.ts";
import { CLAIMED, setUpProducer } from "../../../harness/producer/producer-harness.ts";

/** What an action may have sent. */
const EFFECTS = ["CreateTask", "DeleteTask", "PauseQueue", "ResumeQueue", "PurgeQueue", "Commit", "BatchWrite"];

const NO_METHOD = "method-not-allowed";

async function setUp() {
  const producer = await setUpProducer();
  const task = await producer.enqueue({ ...CLAIMED, delaySeconds: 600 });
  await writeLetter(producer);
  const document: ApiDocument = JSON.parse((await producer.send("/openapi.json")).text);
  const posts = operationsOf(document).filter(({ method, path }) => method === "POST" && path.split("/").length > 3);
  const filled = (path: string): string =>
    path.replace("tasks/{id}", `tasks/${task.body.id}`).replace("{id}", LETTER).replace("{key}", "default");
  const effects = () => EFFECTS.map((rpc) => producer.calls(rpc));
  return { producer, document, actions: posts.map(({ path }) => path), filled, effects };
}

/** The paths that an action has by mistake: with another one's word, without its word or its id, and with a colon. */
function mistaken(actions: readonly string[]): string[] {
  const words = [...new Set(actions.map((path) => path.slice(path.lastIndexOf("/") + 1)))];
  const paths = actions.flatMap((path) => {
    const target = path.slice(0, path.lastIndexOf("/"));
    const word = path.slice(target.length + 1);
    return [
      ...words.flatMap((other) => [`${target}/${other}`, `${target}:${other}`, `${path}/${other}`]),
      target,
      `${target}/`,
      `${path}/`,
      `${target.replace(/\/\{\w+\}/, "")}/${word}`,
      `${target.replace(/\{\w+\}/, "")}/${word}`,
    ];
  });
  return [...new Set(paths)].filter((path) => !actions.includes(path));
}

it("does nothing for an action's path with another action's word, without a word or an id, or with a colon", async () => {
  const { producer, document, actions, filled, effects } = await setUp();
  const before = effects();
  const paths = mistaken(actions).filter((path) => !("post" in (document.paths[path] ?? {})));
  expect(paths.length).toBeGreaterThan(50);
  expect(paths).toContain("/v1/queues/{key}:purge");

  for (const path of paths) {
    const { status, headers, body } = await producer.send(filled(path), { method: "POST" });
    expect([path, status, headers.has("allow")]).toEqual([path, body.code === NO_METHOD ? 405 : 404, status === 405]);
  }
  expect(effects()).toEqual(before);
  expect(await readLetter(producer)).toMatchObject({ status: "open" });
});

it("does nothing for an action's path with another method", async () => {
  const { producer, document, actions, filled, effects } = await setUp();
  const before = effects();
  for (const path of actions) {
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      if (method.toLowerCase() in (document.paths[path] ?? {})) continue;
      const { status } = await producer.send(filled(path), { method });
      // The word may be the id of what the path is about.
      expect([method, path, [404, 405].includes(status)]).toEqual([method, path, true]);
    }
  }
  expect(effects()).toEqual(before);
});
