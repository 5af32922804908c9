import type { Readable } from "node:stream";
import type { BatchResult } from "../../client.ts";
import type { NewTask } from "../../task-types.ts";
import { RefusedError, whyUnfinished } from "../exit.ts";
import { plain } from "../output/plain.ts";
import { createProgress } from "../output/progress.ts";
import type { Session } from "../session.ts";
import { type LineDefaults, taskOfLine } from "./line-task.ts";
import { type Line, linesOf } from "./lines.ts";

/** How many of a file's tasks were accepted, now or earlier, and how many lines were refused. */
export interface Enqueued {
  readonly accepted: number;
  readonly repeated: number;
  readonly refused: number;
}

/** A file of tasks. */
interface Source extends LineDefaults {
  readonly stream: Readable;
  /** Its length. Undefined if unknown. */
  readonly bytes?: number;
}

/** A large file may be half done, so waiting is worthwhile: use the client's own limits. */
const PATIENT = {};

const ACCEPTED = 202;
const REPEATED = 200;

/**
 * Enqueues the task on each line, in little memory: the client sends several batches at a time, and reads on as
 * responses arrive. Refused lines are reported on stderr, by number.
 */
export async function enqueueLines(source: Source, { output, connect, surroundings }: Session): Promise<Enqueued> {
  const client = await connect(PATIENT);
  const progress = createProgress(surroundings, "tasks");
  const counts = { accepted: 0, repeated: 0, refused: 0 };
  const startedMs = performance.now();
  const refuse = async (line: Line, why: string, status?: number): Promise<void> => {
    counts.refused += 1;
    progress.clear();
    surroundings.stderr.write(`line ${line.number}: ${plain(why)}\n`);
    if (output.isJson)
      await output.one({ line: line.number, ...(status === undefined ? {} : { status }), error: why }, () => []);
  };

  // Results arrive in the order of the tasks, so the next result belongs to the first of these lines.
  const sent: Line[] = [];
  async function* tasks(): AsyncGenerator<NewTask> {
    for await (const line of linesOf(source.stream)) {
      const task = await readOr(line, source, refuse);
      if (task === undefined) continue;
      sent.push({ ...line, text: undefined });
      yield task;
    }
  }

  try {
    for await (const result of client.enqueueStream(tasks(), { signal: surroundings.signal })) {
      const line = sent.shift();
      if (!line) throw new Error("There are more results than tasks.");
      const { status, id } = result;
      if (status === ACCEPTED) counts.accepted += 1;
      else if (status === REPEATED) counts.repeated += 1;
      else await refuse(line, explain(result), status);
      if (output.isJson && id !== undefined) await output.one({ line: line.number, status, id }, () => []);
      progress.update(line.number, source.bytes === undefined ? undefined : line.endByte / source.bytes);
    }
  } catch (error) {
    progress.clear();
    output.note(`${summary(counts, performance.now() - startedMs)} before it stopped. Repeat the command to continue.`);
    throw whyUnfinished(error, surroundings);
  }
  progress.clear();
  output.note(summary(counts, performance.now() - startedMs));
  return counts;
}

async function readOr(
  line: Line,
  defaults: LineDefaults,
  refuse: (line: Line, why: string) => Promise<void>,
): Promise<NewTask | undefined> {
  try {
    return taskOfLine(line, defaults);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    await refuse(line, error.message);
    return undefined;
  }
}

function explain({ status, problem }: BatchResult): string {
  const all = (problem?.problems ?? []).map(({ path, message }) => `${path} ${message}`);
  return [problem?.detail ?? problem?.title ?? `The producer responded ${status}.`, ...all].join(" ");
}

const count = (value: number): string => value.toLocaleString("en");

function summary({ accepted, repeated, refused }: Enqueued, tookMs: number): string {
  const rate = Math.round(((accepted + repeated) * 1_000) / tookMs);
  const again = repeated === 0 ? "" : `, ${count(repeated)} enqueued before`;
  return `${count(accepted)} enqueued${again}, ${count(refused)} refused, in ${(tookMs / 1_000).toFixed(1)} s (${count(rate)}/s)`;
}
