import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../harness/runtime/temporary-folder.ts";
import { producerClient } from "./support/producer-client.ts";
import { CHECKOUT, type StackProcess, startStackProcess } from "./support/stack-process.ts";

const TASK = "shared/tasks/note-take.ts";
const HANDLER = "services/worker/handlers/take-note.ts";

const definition = (queue: string): string => `
import * as z from "zod";
import { defineTask } from "../contract/task-type.ts";
export const takeNote = defineTask({
  type: "note.take", payload: z.strictObject({}), queue: "${queue}", idempotency: "claim", timeoutMs: 10_000, attempts: 2,
});`;

const handler = (result: string): string => `
import { takeNote } from "../../../shared/tasks/note-take.ts";
import { bindHandler, succeeded } from "../runner/handler.ts";
export const handleTakeNote = bindHandler(takeNote, async () => succeeded(${result}));`;

/** A copy of the sources, with a stack that watches them. */
async function setup() {
  const project = temporaryFolder();
  for (const folder of ["services", "shared", "packages", "tools", "package.json"]) {
    fs.cpSync(path.join(CHECKOUT, folder), path.join(project, folder), { recursive: true });
  }
  fs.symlinkSync(path.join(CHECKOUT, "node_modules"), path.join(project, "node_modules"));
  const write = (file: string, text: string): void => fs.writeFileSync(path.join(project, file), text);
  /** Each part that is found becomes another, in one write. */
  const edit = (file: string, ...parts: readonly (readonly [from: string, to: string])[]): void => {
    let text = fs.readFileSync(path.join(project, file), "utf8");
    for (const [from, to] of parts) {
      expect(text).toContain(from);
      text = text.replace(from, to);
    }
    write(file, text);
  };
  const stack = await startStackProcess({ project, args: ["--reload"] });
  return { stack, write, edit };
}

/** Makes changes, and waits for the line that follows. */
async function change(stack: StackProcess, line: RegExp, changes: () => void): Promise<void> {
  const before = stack.lines.length;
  changes();
  await stack.line(line, before);
}

/** Waits for a line that comes once a change of a file was seen. On a busy machine, changes made at once are seen one by one. */
async function lineAfter(stack: StackProcess, file: string, line: RegExp): Promise<void> {
  const seen = await stack.line(new RegExp(`^changed: (?:.*, )?${file}(?:,|$)`));
  await stack.line(line, stack.lines.indexOf(seen));
}

const WORKER_IS_BACK = /^worker is listening again after /;

test("npm run dev: a new type in a new queue, an edited handler, a broken one and its mend all count at once", async () => {
  const { stack, write, edit } = await setup();
  const take = async (): Promise<unknown> => {
    const { id } = await producerClient(stack).enqueue({ type: "note.take", payload: {} });
    return (await producerClient(stack).untilState(id, "succeeded")).result;
  };

  write(TASK, definition("notes"));
  write(HANDLER, handler("1"));
  const queues = ["export const queues = {", "export const queues = { notes: NOTES,"] as const;
  edit("shared/tasks/queues.ts", queues, ["/** The queues", `${NOTES}\n/** The queues`]);
  const listed = ["taskTypes: [", "taskTypes: [takeNote, "] as const;
  edit("shared/tasks/index.ts", listed, ["import", 'import { takeNote } from "./note-take.ts";\nimport']);
  const imported = ["import", 'import { handleTakeNote } from "./take-note.ts";\nimport'] as const;
  edit("services/worker/handlers/index.ts", imported, ["return {", 'return { "note.take": handleTakeNote,']);
  await lineAfter(stack, "shared/tasks/index.ts", /^producer is listening again after /);
  await lineAfter(stack, "services/worker/handlers/index.ts", WORKER_IS_BACK);
  expect(await take()).toBe(1);

  await change(stack, WORKER_IS_BACK, () => write(HANDLER, handler("2")));
  expect(await take()).toBe(2);

  await change(stack, /^worker is started again once a file changes/, () => write(HANDLER, handler("=")));
  await change(stack, WORKER_IS_BACK, () => write(HANDLER, handler("3")));
  expect(await take()).toBe(3);

  await change(stack, /^shared\/tasks can't be read/, () => write(TASK, definition("no-such-queue")));
  expect(await take()).toBe(3);
});

const NOTES = `const NOTES = {
  maxDispatchesPerSecond: 10, maxConcurrentDispatches: 10, minBackoffMs: 1_000, maxBackoffMs: 60_000, maxDoublings: 5,
  dispatchDeadlineMs: 25_000,
};`;
