import type { Command } from "commander";
import { examples } from "../examples.ts";
import { describeTask } from "../output/describe-task.ts";
import { plainTime } from "../output/plain.ts";
import { type Column, fieldLines } from "../output/table.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Schedule } from "../../views/schedule.ts";
import { readKey } from "./key-option.ts";

const COLUMNS: readonly Column<Schedule>[] = [
  { title: "SCHEDULE", of: ({ name }) => name },
  { title: "STATE", of: ({ state }) => state },
  { title: "CRON", of: ({ cron }) => cron },
  { title: "TIME ZONE", of: ({ timeZone }) => timeZone },
  { title: "TYPE", of: ({ type }) => type },
  { title: "LAST FIRED", of: ({ lastFiredAt }) => plainTime(lastFiredAt) },
  { title: "NEXT", of: ({ nextAt }) => plainTime(nextAt[0]) },
];

/** Adds `handoff schedules` and its commands. */
export function addSchedules(program: Command, surroundings: Surroundings): void {
  const schedules = program
    .command("schedules")
    .summary("list, pause, resume and run schedules")
    .description("Shows the schedules with their next times, and pauses, resumes and runs them.");
  addList(schedules, surroundings);
  addSwitch(schedules, "pause", surroundings);
  addSwitch(schedules, "resume", surroundings);
  addRunNow(schedules, surroundings);
}

function addList(schedules: Command, surroundings: Surroundings): void {
  schedules
    .command("list")
    .description("Lists the schedules: when each last fired, and when it is due next. JSON has its next five times.")
    .addHelpText("after", examples("npx handoff schedules list"))
    .action(async (_: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const all = await client.schedules.list({ signal: surroundings.signal });
      await output.rows([all], COLUMNS, { none: "There are no schedules." });
    });
}

const SWITCHES = {
  pause: "Pauses a schedule: it makes no tasks until it is resumed.",
  resume: "Resumes a paused schedule. It starts again from now, and doesn't make up for what it missed.",
} as const;

function addSwitch(schedules: Command, action: keyof typeof SWITCHES, surroundings: Surroundings): void {
  schedules
    .command(action)
    .description(SWITCHES[action])
    .argument("<schedule>", "its name")
    .addHelpText("after", examples(`npx handoff schedules ${action} hourly-canary`))
    .action(async (name: string, _: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const schedule = await client.schedules[action](name, { signal: surroundings.signal });
      await output.one(schedule, () => describeSchedule(schedule));
    });
}

function addRunNow(schedules: Command, surroundings: Surroundings): void {
  schedules
    .command("run")
    .description("Enqueues a schedule's task now. It doesn't count as a due time.")
    .argument("<schedule>", "its name")
    .option("--key <key>", "an idempotency key: repeated with it, the command enqueues nothing more", readKey)
    .addHelpText("after", examples("npx handoff schedules run hourly-canary --key help-schedule"))
    .action(async (name: string, { key }: { readonly key?: string }, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const task = await client.schedules.run(name, { idempotencyKey: key, signal: surroundings.signal });
      await output.one(task, () => describeTask(task, output));
    });
}

function describeSchedule({ name, state, cron, timeZone, type, lastFiredAt, nextAt }: Schedule): string[] {
  return fieldLines({
    schedule: name,
    state,
    cron: `${cron} (${timeZone})`,
    type,
    "last fired": plainTime(lastFiredAt),
    next: plainTime(nextAt[0]),
  });
}
