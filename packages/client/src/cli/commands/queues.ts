import type { Command } from "commander";
import { RefusedError } from "../exit.ts";
import { confirm } from "../ask.ts";
import { examples } from "../examples.ts";
import { type Column, fieldLines } from "../output/table.ts";
import { pagesOf } from "../output/pages.ts";
import { plainTime } from "../output/plain.ts";
import { type Session, openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Queue, QueueShard, QueuedTask } from "../../views/queue.ts";
import { readCount } from "./number-options.ts";

const QUEUE_COLUMNS: readonly Column<Queue>[] = [
  { title: "QUEUE", of: ({ key }) => key },
  { title: "STATE", of: ({ state }) => state },
  { title: "DEPTH", of: ({ depth }) => depth, align: "right" },
  { title: "IN FLIGHT", of: ({ inFlight }) => inFlight, align: "right" },
  { title: "LAST MINUTE", of: ({ dispatchedLastMinute }) => dispatchedLastMinute, align: "right" },
  { title: "RATE", of: (queue) => rateOf(queue), align: "right" },
  { title: "NEXT DUE", of: ({ nextDueAt }) => plainTime(nextDueAt) },
];

const TASK_COLUMNS: readonly Column<QueuedTask>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "TYPE", of: ({ type }) => type },
  { title: "STATE", of: ({ state }) => state },
  { title: "DUE", of: ({ scheduleTime }) => plainTime(scheduleTime) },
  { title: "DELIVERIES", of: ({ dispatchCount }) => dispatchCount, align: "right" },
  { title: "CALLER", of: ({ caller }) => caller },
];

/** Adds `handoff queues` and its commands. */
export function addQueues(program: Command, surroundings: Surroundings): void {
  const queues = program
    .command("queues")
    .summary("list, pause, resume and purge queues")
    .description("Shows the queues and their tasks, and pauses, resumes and purges queues.");
  addList(queues, surroundings);
  addShow(queues, surroundings);
  addTasks(queues, surroundings);
  addSwitch(queues, "pause", surroundings);
  addSwitch(queues, "resume", surroundings);
  addPurge(queues, surroundings);
}

function addList(queues: Command, surroundings: Surroundings): void {
  queues
    .command("list")
    .description("Lists the queues: their state, how many tasks they hold, and how fast they deliver.")
    .addHelpText("after", examples("npx handoff queues list"))
    .action(async (_: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const all = await client.queues.list({ signal: surroundings.signal });
      await output.rows([all], QUEUE_COLUMNS, { none: "There are no queues." });
    });
}

function addShow(queues: Command, surroundings: Surroundings): void {
  queues
    .command("show")
    .description("Shows one queue.")
    .argument("<queue>", "its key, such as default")
    .addHelpText("after", examples("npx handoff queues show default"))
    .action(async (key: string, _: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      await showQueue(await client.queues.get(key, { signal: surroundings.signal }), output);
    });
}

function addTasks(queues: Command, surroundings: Surroundings): void {
  queues
    .command("tasks")
    .description("Lists the tasks in a queue, as Cloud Tasks has them.")
    .argument("<queue>", "its key, such as default")
    .option("--limit <number>", "how many at most", readCount, 50)
    .addHelpText("after", examples("npx handoff queues tasks default --limit 10"))
    .action(async (key: string, { limit }: { readonly limit: number }, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const tasks = client.queues.tasks(key, { signal: surroundings.signal });
      await output.rows(pagesOf(tasks, limit), TASK_COLUMNS, { none: `The queue ${key} is empty.` });
    });
}

const SWITCHES = {
  pause: "Pauses a queue: it accepts tasks, but delivers none until it is resumed.",
  resume: "Resumes a paused queue.",
} as const;

function addSwitch(queues: Command, action: keyof typeof SWITCHES, surroundings: Surroundings): void {
  queues
    .command(action)
    .description(SWITCHES[action])
    .argument("<queue>", "its key, such as default")
    .addHelpText("after", examples(`npx handoff queues ${action} bulk`))
    .action(async (key: string, _: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      await showQueue(await client.queues[action](key, { signal: surroundings.signal }), output);
    });
}

function addPurge(queues: Command, surroundings: Surroundings): void {
  queues
    .command("purge")
    .description("Removes every task that is now in a queue. They are lost, and no dead letters are made.")
    .argument("<queue>", "its key, such as default")
    .option("--yes", "don't ask for the queue's name")
    .addHelpText("after", examples("npx handoff queues purge bulk --yes"))
    .action(async (key: string, { yes }: { readonly yes?: boolean }, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const question = `Every task in the queue ${key} will be lost. Type the queue's name to purge it:`;
      if (!(await confirm({ question, yes, expected: key }, surroundings))) {
        throw new RefusedError("That is not the queue's name. Nothing was removed.");
      }
      const client = await connect();
      await showQueue(await client.queues.purge(key, { signal: surroundings.signal }), output);
    });
}

async function showQueue(queue: Queue, output: Session["output"]): Promise<void> {
  await output.one(queue, () =>
    fieldLines({
      queue: queue.key,
      state: queue.state,
      depth: queue.depth,
      "in flight": queue.inFlight,
      "last minute": `${queue.dispatchedLastMinute} deliveries`,
      rate: rateOf(queue),
      "at once": `${queue.configuredRate.maxConcurrentDispatches} at most`,
      "next due": plainTime(queue.nextDueAt),
      ...Object.fromEntries((queue.shards ?? []).map((shard) => [shard.name, shardText(shard)])),
      console: queue.links.console,
    }),
  );
}

function shardText({ state, depth, inFlight, dispatchedLastMinute }: QueueShard): string {
  return `${state}, ${depth} tasks, ${inFlight} in flight, ${dispatchedLastMinute} deliveries in the last minute`;
}

/** The rate at which it delivers and, if Cloud Tasks slows it down, the configured rate. */
function rateOf({ effectiveRate, configuredRate }: Queue): string {
  const { maxDispatchesPerSecond: meant } = configuredRate;
  return effectiveRate < meant ? `${effectiveRate}/s of ${meant}/s` : `${meant}/s`;
}
