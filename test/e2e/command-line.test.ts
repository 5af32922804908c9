import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createProgram } from "../../packages/client/src/cli/command-line.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { startShell, linesOf } from "./support/shell.ts";
import { startStackProcess } from "./support/stack-process.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** The commands of the README's tour. */
function tour(): string[] {
  const readme = fs.readFileSync(path.join(ROOT, "README.md"), "utf8");
  const [, block = ""] = /## A tour of the command line\n[^]*?```sh\n([^]*?)```/.exec(readme) ?? [];
  return block.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

type Program = ReturnType<typeof createProgram>;

/** The examples in the help of each command that does something. */
function examplesOf(command: Program): { readonly name: string; readonly examples: readonly string[] }[] {
  if (command.commands.length > 0) return command.commands.flatMap(examplesOf);
  let help = "";
  command.configureOutput({ ...command.configureOutput(), writeOut: (text) => void (help += text) }).outputHelp();
  const [, listed = ""] = /\nExamples:\n([^]*)$/.exec(help) ?? [];
  const examples = listed.split("\n").flatMap((line) => /^ {2}\$ (.+)$/.exec(line)?.[1] ?? []);
  return [{ name: command.name(), examples }];
}

const surroundings = {
  env: {},
  cwd: ROOT,
  clock: systemClock,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: new AbortController().signal,
};

/** What can become a dead letter at once: there are no accounts. */
const dying = (key: string): string =>
  `npx handoff status "$(npx handoff enqueue ledger.transfer --key ${key} --payload '{"from":"a","to":"b","amount":1}' --id)" --watch`;

test("the README's tour and the examples of every command run as they stand, in order, against one stack", async () => {
  const stack = await startStackProcess();
  const { ports } = stack;
  const shell = await startShell({
    env: {
      HANDOFF_URL: `http://127.0.0.1:${ports.producer}`,
      WORKER_PORT: String(ports.worker),
      CONSOLE_PORT: String(ports.console),
      CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${ports.queues}`,
      FIRESTORE_EMULATOR_HOST: `127.0.0.1:${ports.firestore}`,
    },
  });

  const { ran, stderr } = await shell.run(tour());
  const outputOf = (begin: string): unknown[] =>
    ran.filter(({ command }) => command.startsWith(begin)).flatMap(linesOf);
  expect(ran.length).toBeGreaterThan(20);
  // The README says so of the one that waits for a dead letter.
  const refused = ran.filter(({ code }) => code !== 0).map(({ command, code }) => [command, code]);
  expect({ refused, stderr }).toMatchObject({ refused: [['npx handoff status "$dead" --watch', 1]] });
  expect(outputOf("npx handoff doctor")).not.toContainEqual(expect.objectContaining({ outcome: "failed" }));
  expect(outputOf('npx handoff status "$id"').at(-1)).toMatchObject({ state: "succeeded" });
  expect(outputOf("npx handoff cancel")).toMatchObject([{ state: "cancelled" }]);
  expect(outputOf("seq")).toHaveLength(60);
  expect(outputOf("npx handoff queues pause")).toMatchObject([{ key: "default", state: "paused" }]);
  expect(outputOf("npx handoff queues tasks")).toHaveLength(1);
  expect(outputOf('npx handoff status "$lost"')).toMatchObject([{ state: "removed" }]);
  expect(outputOf("npx handoff queues resume")).toMatchObject([{ key: "default", state: "running" }]);
  expect(outputOf("npx handoff dead summary")).toMatchObject([{ type: "ledger.transfer", count: 1 }]);
  expect(outputOf("npx handoff dead show")).toMatchObject([{ code: "unknown_account", payload: { from: "ann" } }]);
  expect(outputOf("npx handoff dead replay")).toMatchObject([{ outcome: "would-replay" }, { outcome: "replayed" }]);
  expect(outputOf("npx handoff dead list --replayed")).toMatchObject([{ status: "replayed", replays: 1 }]);

  const commands = examplesOf(createProgram(surroundings));
  // This one writes files; its own test has a folder for that.
  const here = commands.filter(({ name }) => name !== "new");
  expect(commands.filter(({ examples }) => examples.length === 0)).toEqual([]);
  const examples = here.flatMap((each) => each.examples);
  await shell.run(["one", "two", "three"].map(dying));
  const tried = await shell.run(examples);
  const failed = tried.ran.filter(({ code }) => code !== 0).map(({ command }) => command);
  expect({ failed, stderr: tried.stderr }).toMatchObject({ failed: [] });
  const silent = tried.ran.filter((each) => linesOf(each).length === 0).map(({ command }) => command);
  // Each of the others has something to show.
  expect(silent).toEqual(["npx handoff queues tasks default --limit 10"]);
});
