import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { createClient } from "../../../packages/client/src/create-client.ts";
import { runCommandLine } from "../../../packages/client/src/cli/command-line.ts";
import { checkRules } from "../../../packages/client/src/cli/doctor/database-checks.ts";
import {
  LAPTOP_PROJECT,
  checkPorts,
  laptopVariables,
  readLaptop,
} from "../../../packages/client/src/cli/doctor/laptop.ts";
import { findingOf } from "../../../packages/client/src/cli/doctor/finding.ts";
import {
  checkActions,
  checkDelivery,
  checkIdentity,
  checkToken,
} from "../../../packages/client/src/cli/doctor/producer-checks.ts";
import { checkLetters } from "../../../packages/client/src/cli/doctor/letters-check.ts";
import { LOCAL, startVariables } from "../../../services/local/settings.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { ACCOUNTS, PRODUCER_AUDIENCE, bearerOf, setUpCallers } from "../../harness/auth/callers.ts";
import { surroundingsOf } from "../../harness/client/terminal.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { freePort } from "../../harness/network/free-port.ts";
import { setUpProducer } from "../../harness/producer/producer-harness.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";
import { startServer } from "./answering-server.ts";

/** Runs commands of a person on a terminal, or in a pipe, against a producer. */
function commandsAt(url: string) {
  return async (args: readonly string[], given: Parameters<typeof surroundingsOf>[0] = {}) => {
    const { surroundings, stdout, stderr } = surroundingsOf({ ...given, env: { HANDOFF_URL: url, NO_COLOR: "1" } });
    const code = await runCommandLine(args, surroundings);
    return { code, stdout: stdout(), stderr: stderr() };
  };
}

const document = (n: number): string => JSON.stringify({ documentId: `d${n}`, version: n, content: "x" });
const enqueueLines = ["enqueue", "document.publish", "--ndjson", "-", "--key-prefix", "import"];

it("enqueues a task for each line, reports refused ones by number, and enqueues nothing twice", async () => {
  const producer = await setUpProducer();
  const handoff = commandsAt(producer.url);
  const good = Array.from({ length: 60 }, (_, n) => document(n));
  const typed = [...good.slice(0, 50), "nope", '{"documentId":"d","version":-1,"content":""}', ...good.slice(50)].join(
    "\n",
  );

  const first = await handoff(enqueueLines, { typed });
  expect(first.code).toBe(1);
  expect(first.stderr).toMatch(/^line 51: The line is not valid JSON\.$/m);
  expect(first.stderr).toMatch(/^line 52: .*payload\.version/m);
  expect(first.stderr).toMatch(/^60 enqueued, 2 refused, in /m);
  const lines: unknown[] = first.stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toHaveLength(62);
  expect(lines).toContainEqual({ line: 62, status: 202, id: expect.stringMatching(/n-bulk$/) });
  expect(producer.calls("CreateTask")).toBe(60);

  const second = await handoff(enqueueLines, { typed });
  expect(second.stderr).toMatch(/^0 enqueued, 60 enqueued before, 2 refused, in /m);
  expect(second.stdout.match(/"status":200/g)).toHaveLength(60);
});

it("continues after a line with a malformed key", async () => {
  const producer = await setUpProducer();
  const typed = [document(1), `{"payload":${document(2)},"idempotencyKey":"a key"}`, document(3)].join("\n");

  const ended = await commandsAt(producer.url)(enqueueLines, { typed });

  expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^line 2: idempotencyKey must be/m) });
  expect(ended.stderr).toMatch(/^2 enqueued, 1 refused, in /m);
  expect(producer.calls("CreateTask")).toBe(2);
});

it.each([
  ["an empty payload", ["enqueue", "document.publish"], 2, "The payload is empty."],
  [
    "a payload that is not JSON",
    ["enqueue", "document.publish", "--payload", "{"],
    1,
    "The payload is not valid JSON.",
  ],
  [
    "a malformed key",
    ["enqueue", "document.publish", "--payload", document(1), "--key", "a key"],
    2,
    "It must be 1 to",
  ],
  ["a malformed key for a replay", ["dead", "replay", "some-id", "--again", "--key", ""], 2, "It must be 1 to"],
  ["a malformed prefix of keys", [...enqueueLines.slice(0, -1), "a prefix"], 2, "It must be 1 to"],
  ["a folder for a file of tasks", ["enqueue", "document.publish", "--ndjson", "."], 2, "The file . can't be read.\n"],
])("refuses %s, and sends no request", async (_, args, code, sentence) => {
  const ended = await commandsAt(`http://127.0.0.1:${await freePort()}`)(args);

  expect(ended).toEqual({ code, stdout: "", stderr: expect.stringContaining(sentence) });
});

it("accepts a payload's file with a byte order mark, and refuses one that is not UTF-8", async () => {
  const producer = await setUpProducer();
  const cwd = temporaryFolder();
  fs.writeFileSync(path.join(cwd, "marked.json"), `\ufeff${document(1)}`);
  fs.writeFileSync(path.join(cwd, "latin.json"), Buffer.from(document(1).replace('"x"', '"\u00fc"'), "latin1"));
  const enqueueFile = (file: string) =>
    commandsAt(producer.url)(["enqueue", "document.publish", "--file", file], { cwd });

  expect(await enqueueFile("marked.json")).toMatchObject({ code: 0, stderr: "" });
  expect(await enqueueFile("latin.json")).toEqual({ code: 1, stdout: "", stderr: "The payload is not valid UTF-8.\n" });
  expect(producer.calls("CreateTask")).toBe(1);
});

it("fits its help into a terminal", async () => {
  const { surroundings, stdout } = surroundingsOf({ isTerminal: true });
  const narrow = { ...surroundings, stdout: Object.assign(surroundings.stdout, { columns: 60 }) };

  expect(await runCommandLine(["queues", "--help"], narrow)).toBe(0);
  expect(
    Math.max(
      ...stdout()
        .split("\n")
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(60);
});

it("exits with 1 if it is refused, 2 for a wrong command line, 3 without a response, each with a sentence", async () => {
  const producer = await setUpProducer();
  const handoff = commandsAt(producer.url);
  const nowhere = commandsAt(`http://127.0.0.1:${await freePort()}`);
  const task = ["enqueue", "document.publish", "--payload", document(1)];

  expect(await handoff(task)).toMatchObject({ code: 0, stderr: "" });
  expect(await handoff(["status", "none"])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^There is no such task/),
  });
  expect(await handoff([...task, "--delay", "soon"])).toEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("It must be a number of seconds, in digits such as 90 or 1.5."),
  });
  expect(await handoff(["statsu"])).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean status?") });
  expect(await handoff(["queues", "list", "--url", "producer"])).toMatchObject({ code: 2 });
  expect(await handoff(["queues", "list", "--url", "http://producer.example"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("must begin with https"),
  });
  expect(await nowhere(["status", "none"])).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/did not respond.* The last error was ECONNREFUSED\.$/m),
  });
  expect(producer.calls("CreateTask")).toBe(1);
});

it("purges a queue only after its name was typed, or with --yes", async () => {
  const producer = await setUpProducer();
  const handoff = commandsAt(producer.url);
  const purge = ["queues", "purge", "bulk"];

  expect(await handoff(purge)).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(await handoff(purge, { isTerminal: true, typed: "default\n" })).toMatchObject({ code: 1, stdout: "" });
  expect(await handoff(purge, { isTerminal: true })).toMatchObject({ code: 1 });
  expect(producer.calls("PurgeQueue")).toBe(0);

  expect(await handoff(purge, { isTerminal: true, typed: "bulk\n" })).toMatchObject({ code: 0 });
  expect(await handoff([...purge, "--yes"])).toMatchObject({ code: 0 });
  expect(producer.calls("PurgeQueue")).toBe(2);
});

it("replays by filter only after a confirmation, and never everything by mistake", async () => {
  const producer = await setUpProducer();
  const handoff = commandsAt(producer.url);

  expect(await handoff(["dead", "replay"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--all") });
  expect(await handoff(["dead", "replay", "--all"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--yes"),
  });
  const typed = await handoff(["dead", "replay", "--type", "a.b"], { isTerminal: true, typed: "n\n" });
  expect(typed).toMatchObject({ code: 1, stderr: "Replay 0 dead letters? [y/N] Nothing was replayed.\n" });
  expect(await handoff(["dead", "replay", "--all", "--yes"])).toMatchObject({
    code: 0,
    stderr: "0 replayed, 0 skipped, 0 failed.\n",
  });
});

it.each([
  [403, "ok", "refuses a write without a token"],
  [401, "ok", "refuses a write without a token"],
  [200, "failed", "lets anybody write"],
  [404, "failed", "lets anybody write"],
  [500, "skipped", "Firestore responded 500"],
] as const)("takes %i to a write without a token for %s", async (status, outcome, message) => {
  const { url, requests } = await startServer(() => [status, "{}"]);
  const found = await checkRules({ project: "my-project", database: "(default)" }, url);

  expect(found).toEqual({ outcome, message: expect.stringContaining(message) });
  // Whatever becomes of it, it changes nothing.
  const name = "projects/my-project/databases/(default)/documents/handoff-doctor/nothing";
  expect(requests.map(({ body }): unknown => JSON.parse(body))).toEqual([
    { writes: [{ delete: name, currentDocument: { exists: true } }] },
  ]);
  expect(requests[0]?.headers).not.toHaveProperty("authorization");
});

it("shows whose a token is and what they may do, and skips checks that they may not run", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const { signal } = new AbortController();
  const examine = async (email: string) => {
    const tokens = () => bearerOf(email).replace("Bearer ", "");
    const client = createClient({ url: producer.url, auth: tokens, retry: { tries: 1 } });
    return [
      await findingOf("token", () => checkToken(new URL(producer.url), { tokens, origin: "gcloud" })),
      await findingOf("who", () => checkIdentity(client, signal)),
      await findingOf("what", () => checkActions(client, signal)),
      await findingOf("delivery", () => checkDelivery(client, signal)),
    ].map(({ outcome, message }) => `${outcome}: ${message}`);
  };

  expect(await examine(ACCOUNTS.viewer)).toEqual([
    `ok: gcloud (${ACCOUNTS.viewer}), audience ${PRODUCER_AUDIENCE}, expires in 60 min`,
    `ok: ${ACCOUNTS.viewer}, with the role viewer`,
    expect.stringMatching(/^ok: read tasks, /),
    expect.stringMatching(/^skipped: not allowed: .* has the role viewer, which may not create tasks/),
  ]);
  const [, who, what] = await examine(ACCOUNTS.invoker);
  expect([who, what]).toEqual([
    `ok: ${ACCOUNTS.invoker}, with the role none`,
    expect.stringMatching(/^warning: nothing: /),
  ]);
  expect(producer.calls("CreateTask")).toBe(0);
});

it("finds letters of earlier revisions, which have no status", async () => {
  const producer = await setUpProducer();
  const { firestore } = producer.emulators;
  const db = connectToEmulator(firestore);
  const letters = db.collection(DEAD_LETTERS);
  const check = () => checkLetters({ project: "handoff-test", database: "(default)", collectionPrefix: "" }, firestore);
  await letters.doc("a").set({ status: "open", diedAt: new Date() });
  expect(await check()).toEqual({ outcome: "ok", message: "1 open, 0 replayed" });

  await letters.doc("b").set({ diedAt: new Date() });
  await db.terminate();
  expect(await check()).toMatchObject({
    outcome: "warning",
    message: expect.stringContaining("npm run -s dead-letters:backfill"),
  });
});

it("knows the ports of npm start, and names those where nothing is listening", async () => {
  expect(LAPTOP_PROJECT).toBe(LOCAL.project);
  const defaults = startVariables.parse({});
  expect(defaults).toMatchObject(laptopVariables.parse({}));
  const { url } = await startServer(() => [200, ""]);
  const [worker, queues] = [await freePort(), await freePort()];
  const laptop = readLaptop({
    WORKER_PORT: String(worker),
    CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${queues}`,
    FIRESTORE_EMULATOR_HOST: new URL(url).host,
  });

  expect(await checkPorts(new URL(url), laptop)).toEqual({
    outcome: "failed",
    message: expect.stringContaining(
      `nothing listens for worker at ${worker} (WORKER_PORT), Cloud Tasks at ${queues} (CLOUD_TASKS_EMULATOR_HOST)`,
    ),
  });
});
