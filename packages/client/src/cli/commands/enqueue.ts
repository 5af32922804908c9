import fs from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import type { Command } from "commander";
import { RefusedError, UsageError } from "../exit.ts";
import { examples } from "../examples.ts";
import { describeTask } from "../output/describe-task.ts";
import { plain } from "../output/plain.ts";
import { type Session, openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import { readKey } from "./key-option.ts";
import { readSeconds } from "./number-options.ts";

interface EnqueueOptions {
  readonly payload?: string;
  readonly file?: string;
  readonly ndjson?: string;
  readonly key?: string;
  readonly keyPrefix?: string;
  readonly delay?: number;
  readonly at?: string;
  readonly id?: boolean;
}

const STDIN = "-";

/** Adds `handoff enqueue`. */
export function addEnqueue(program: Command, surroundings: Surroundings): void {
  program
    .command("enqueue")
    .summary("enqueue a task, or a file of them")
    .description(
      "Enqueues a task. Its payload comes from --payload, from --file, or from stdin.\n\n" +
        "With --ndjson, enqueues a task for each line of a file. A line is a payload of TYPE, or a whole task: an object with " +
        "payload and, if needed, type, idempotencyKey, delaySeconds and scheduleTime. A refused line is reported with " +
        "its number, and the others continue. The whole command can be repeated: a line's key makes one task.",
    )
    .argument("[type]", "the task's type; with --ndjson, lines may name their own")
    .option("--payload <json>", "the payload, as JSON")
    .option("--file <file>", "a file with the payload; - is stdin")
    .option("--key <key>", "the idempotency key: the same key makes the same task; default: a random one", readKey)
    .option("--delay <seconds>", "how long to wait before it is due", readSeconds)
    .option("--at <time>", "when it is due, in RFC 3339 such as 2030-01-01T00:00:00Z")
    .option("--id", "print only its id")
    .option("--ndjson <file>", "enqueue a task for each line of this file; - is stdin")
    .option(
      "--key-prefix <prefix>",
      "with --ndjson: a line without a key gets PREFIX-NUMBER, with its line number",
      readKey,
    )
    .addHelpText(
      "after",
      examples(
        'npx handoff enqueue canary.claim --key help-1 --payload \'{"sentAt":"2030-01-01T00:00:00Z"}\'',
        'echo \'{"sentAt":"2030-01-01T00:00:00Z"}\' | npx handoff enqueue canary.natural --delay 60',
        'seq -f \'{"sentAt":"2030-01-01T00:00:%02gZ"}\' 0 9 | npx handoff enqueue canary.natural --ndjson - --key-prefix help',
      ),
    )
    .action(async (type: string | undefined, options: EnqueueOptions, command: Command) => {
      const session = openSession(command, surroundings);
      if (options.ndjson !== undefined) return await enqueueMany(type, options.ndjson, options, session);
      if (options.keyPrefix !== undefined)
        throw new UsageError("--key-prefix is for --ndjson; a single task has a --key.");
      if (type === undefined) throw new UsageError("Name the task's type. handoff types lists them.");
      await enqueueOne(type, options, session);
    });
}

async function enqueueOne(type: string, options: EnqueueOptions, session: Session): Promise<void> {
  const { output, connect, surroundings } = session;
  const { readInput } = await import("../ndjson/read-input.ts");
  const payload = readInput(await payloadText(options, surroundings), "The payload");
  const client = await connect();
  const { signal } = surroundings;
  const { key: idempotencyKey, delay: delaySeconds, at: scheduleTime } = options;
  const task = await client.enqueue(type, payload, { idempotencyKey, delaySeconds, scheduleTime, signal });
  if (options.id === true) return void surroundings.stdout.write(`${plain(task.id)}\n`);
  await output.one(task, () => describeTask(task, output));
}

async function payloadText(options: EnqueueOptions, surroundings: Surroundings): Promise<string> {
  const given = await givenPayload(options, surroundings);
  if (given.length === 0)
    throw new UsageError("The payload is empty. Give it with --payload, with --file or on stdin.");
  if (typeof given === "string") return given;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(given);
  } catch (cause) {
    throw new RefusedError("The payload is not valid UTF-8.", { cause });
  }
}

async function givenPayload({ payload, file }: EnqueueOptions, { cwd, stdin }: Surroundings): Promise<string | Buffer> {
  if (payload !== undefined && file !== undefined) throw new UsageError("Give --payload or --file, not both.");
  if (payload !== undefined) return payload;
  if (file !== undefined && file !== STDIN) return await readFile(path.resolve(cwd, file), file);
  if (file === undefined && stdin.isTTY === true) {
    throw new UsageError("Give the task's payload: --payload JSON, --file FILE, or JSON on stdin.");
  }
  return await buffer(stdin);
}

async function readFile(file: string, named: string): Promise<Buffer> {
  try {
    return await fs.readFile(file);
  } catch (cause) {
    throw new UsageError(`The file ${named} can't be read.`, { cause });
  }
}

async function enqueueMany(
  type: string | undefined,
  file: string,
  { payload, file: single, key, delay, at, id, keyPrefix }: EnqueueOptions,
  session: Session,
): Promise<void> {
  if ([payload, single, key, delay, at, id].some((option) => option !== undefined)) {
    throw new UsageError("--ndjson can only be combined with --key-prefix: everything else is in the lines.");
  }
  const { cwd, stdin } = session.surroundings;
  const source = file === STDIN ? { stream: stdin } : await openFile(path.resolve(cwd, file), file);
  const { enqueueLines } = await import("../ndjson/enqueue-lines.ts");
  const { refused } = await enqueueLines({ ...source, type, keyPrefix }, session);
  if (refused > 0) {
    throw new RefusedError(`Correct the refused lines and repeat the command: nothing is enqueued twice.`);
  }
}

async function openFile(file: string, named: string) {
  const unreadable = `The file ${named} can't be read.`;
  try {
    const found = await fs.stat(file);
    if (found.isDirectory()) throw new UsageError(unreadable);
    const stream = (await fs.open(file)).createReadStream();
    // A pipe's length is unknown.
    return found.isFile() ? { stream, bytes: found.size } : { stream };
  } catch (cause) {
    throw new UsageError(unreadable, { cause });
  }
}
