import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { onTestFinished, expect, it } from "vitest";
import { createProgram, runCommandLine } from "../../../packages/client/src/cli/command-line.ts";
import { createHurriedClock } from "../../harness/client/hurried-clock.ts";
import { type ReceivedRequest, type Scripted, listenAsProducer } from "../../harness/client/scripted-producer.ts";
import { surroundingsOf } from "../../harness/client/terminal.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";

const MAIN = path.resolve(import.meta.dirname, "../../../packages/client/src/cli/main.ts");

/** A task that has changed whenever somebody looks at it. */
const changing = (_: unknown, nth: number): Scripted => ({
  status: 200,
  headers: { etag: `"${nth}"` },
  body: { id: "a", type: "a.b", queue: "default", state: "running", attempts: nth, attemptLog: [], links: {} },
});

interface Given {
  readonly typed?: string;
  /** What requests that get a response may take, in milliseconds: that time is never used up. Default: none get one. */
  readonly deadlines?: readonly number[];
}

/** Runs a command by a clock whose waits are over at once, and tells how long it took by that clock. */
async function runHurried(url: string, args: readonly string[], { typed = "", deadlines = [] }: Given = {}) {
  const clock = createHurriedClock(deadlines);
  const beganMs = clock.monotonic();
  const { surroundings, stdout, stderr } = surroundingsOf({ clock, typed, env: { HANDOFF_URL: url } });
  const code = await runCommandLine(args, surroundings);
  return { code, stdout: stdout(), stderr: stderr(), tookMs: clock.monotonic() - beganMs };
}

it.each([
  { command: "status a", seconds: 30 },
  { command: "status a --watch", seconds: 30 },
  { command: "cancel a", seconds: 30 },
  { command: "dead replay --all --yes", seconds: 60 },
  { command: "queues purge bulk --yes", seconds: 30 },
  { command: "enqueue a.b --ndjson - --key-prefix a", seconds: 60 },
])(
  "$command gives up on a producer that never responds, after $seconds s, and says so",
  async ({ command, seconds }) => {
    const { url } = await listenAsProducer(() => "never");

    const { code, stderr, tookMs } = await runHurried(url, command.split(" "), { typed: "1\n" });

    expect(code).toBe(3);
    const [, given = "none"] =
      /The producer at \S+ did not respond\..* The command gave up after (\d+) s\.$/m.exec(stderr) ?? [];
    expect(Math.abs(Number(given) - seconds)).toBeLessThanOrEqual(1);
    expect(Math.abs(tookMs / 1_000 - seconds)).toBeLessThanOrEqual(1);
  },
);

it("status --watch gives up on a producer that falls silent, after 40 s, and has shown what it saw", async () => {
  const { url } = await listenAsProducer((request, nth) => (nth === 0 ? changing(request, nth) : "never"));

  const { code, stdout, stderr, tookMs } = await runHurried(url, ["status", "a", "--watch"], { deadlines: [10_000] });

  expect(code).toBe(3);
  expect(stdout.match(/"state":"running"/g)).toHaveLength(1);
  expect(stderr).toMatch(/The command gave up after 40 s\.$/m);
  expect(tookMs).toBe(40_000);
});

it("doctor reports a producer that never responds as failed, after 30 s", async () => {
  const { url } = await listenAsProducer(() => "never");

  const { code, stdout, tookMs } = await runHurried(url, ["doctor"]);

  expect(code).toBe(1);
  expect(stdout).toContain(`"check":"producer","outcome":"failed","message":"${url} did not respond within 30 s`);
  expect(tookMs).toBe(30_000);
});

/** Runs a command as a process, whose output the test may close. */
function start(args: readonly string[], url: string) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { HANDOFF_URL: url },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const closed = once(child, "close");
  return { child, closed };
}

it("a watch whose reader has seen enough ends without a word", async () => {
  const { url, requests } = await listenAsProducer(changing);
  const { child, closed } = start(["status", "a", "--watch"], url);
  const stderr = text(child.stderr);

  child.stdout.once("data", () => child.stdout.destroy());

  expect(await closed).toEqual([0, null]);
  expect(await stderr).toBe("");
  expect(requests.length).toBeGreaterThan(0);
});

/** Accepts every task of a batch, and replays a letter for each request, without an end. */
const endless = ({ path, body }: ReceivedRequest): Scripted => {
  if (path.startsWith("/v1/dead-letters")) {
    const items = [{ id: "a", outcome: "replayed", replayedAs: "b" }];
    return { status: 200, body: { items, nextCursor: "c" } };
  }
  const { tasks }: { tasks: unknown[] } = JSON.parse(body);
  return { status: 200, body: { results: tasks.map(() => ({ status: 202, id: "a" })) } };
};

function* endlessLines(): Generator<string> {
  for (;;) yield "{}\n".repeat(1_000);
}

it.each([
  { command: "enqueue a.b --ndjson - --key-prefix a", stops: /^[\d,]+ enqueued, 0 refused, .* before it stopped\./ },
  { command: "dead replay --all --yes", stops: /^/ },
])("$command isn't done when its reader stops early, and says so", async ({ command, stops }) => {
  const { url } = await listenAsProducer(endless);
  const { child, closed } = start(command.split(" "), url);
  const stderr = text(child.stderr);
  // Its input never ends.
  pipeline(endlessLines(), child.stdin).catch(() => {});

  child.stdout.once("data", () => child.stdout.destroy());

  expect(await closed).toEqual([1, null]);
  expect(await stderr).toMatch(stops);
  expect(await stderr).toMatch(
    /^Nobody reads the output any more, so the command has stopped\. Repeat it to continue\.$/m,
  );
});

it.runIf(fs.existsSync("/dev/full"))("a command whose output doesn't fit on the disk says so", async () => {
  const { url } = await listenAsProducer(changing);
  const stdout = fs.openSync("/dev/full", "w");
  onTestFinished(() => fs.closeSync(stdout));
  const child = spawn(process.execPath, [MAIN, "status", "a"], {
    env: { HANDOFF_URL: url },
    stdio: ["ignore", stdout, "pipe"],
  });
  const stderr: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));

  expect(await once(child, "close")).toEqual([1, null]);
  expect(Buffer.concat(stderr).toString()).toMatch(/^The output can't be written: ENOSPC\b/);
});

it("a command goes on without a reader of its notes", async () => {
  const { url } = await listenAsProducer(() => "cut");
  const file = path.join(temporaryFolder(), "tasks.ndjson");
  fs.writeFileSync(file, "nope\n".repeat(20_000));
  const { child, closed } = start(["enqueue", "a.b", "--ndjson", file, "--key-prefix", "a"], url);
  const stdout = text(child.stdout);

  child.stderr.once("data", () => child.stderr.destroy());

  expect(await closed).toEqual([1, null]);
  expect((await stdout).match(/"error":"The line is not valid JSON\."/g)).toHaveLength(20_000);
});

type Program = ReturnType<typeof createProgram>;

/** The options of all commands that take a number. */
function numberOptions(command: Program, path: readonly string[] = []): string[][] {
  const own = command.options
    .filter(({ flags }) => /<(?:number|seconds)>/.test(flags))
    .map(({ long }) => [...path, String(long)]);
  return [...own, ...command.commands.flatMap((each) => numberOptions(each, [...path, each.name()]))];
}

it("refuses what is no plain decimal number, for every option that takes one, and says what is allowed", async () => {
  const { url, requests } = await listenAsProducer(() => "cut");
  const options = numberOptions(createProgram(surroundingsOf().surroundings));
  expect(options).toContainEqual(["enqueue", "--delay"]);
  expect(options).toContainEqual(["queues", "tasks", "--limit"]);

  for (const option of options) {
    for (const text of [
      "0x10",
      "0b1",
      "1e3",
      " 5",
      "5 ",
      "+5",
      "-5",
      "",
      "1_000",
      "1,5",
      ".5",
      "5.",
      "Infinity",
      "٣",
    ]) {
      const { code, stderr } = await runHurried(url, [...option, text]);
      expect({ option, text, code }).toEqual({ option, text, code: 2 });
      expect(stderr).toMatch(/is invalid\. It must be a (?:whole )?number .*, in digits such as/);
    }
  }
  expect(requests).toEqual([]);
});

it("takes decimal seconds for a delay", async () => {
  const task = { id: "a", type: "a.b", queue: "default", state: "queued", attempts: 0, attemptLog: [], links: {} };
  const { url, requests } = await listenAsProducer(() => ({ status: 202, body: task }));

  for (const delay of ["0", "90", "1.5"]) {
    await runHurried(url, ["enqueue", "a.b", "--payload", "1", "--delay", delay], { deadlines: [30_000] });
  }

  const sent = requests.map(({ body }): unknown => JSON.parse(body));
  expect(sent).toMatchObject([{ delaySeconds: 0 }, { delaySeconds: 90 }, { delaySeconds: 1.5 }]);
});
