import { type TaskRecord, isTerminal } from "../../../../shared/records/task-record.ts";
import type { Cell, CellResult, CellStory } from "./cell.ts";
import { EFFECTS } from "./matrix-handlers.ts";
import type { Story } from "./story.ts";
import type { Ending } from "./worker-process.ts";

/** How a task ended. */
interface End {
  readonly record: TaskRecord | null;
  readonly effects: number;
  readonly letters: number;
}

/** Reads how a cell's task ended, and holds it against what the worker promises. */
export async function judge(story: Story, cell: Cell, told: CellStory): Promise<CellResult> {
  const { world, witness, task } = story;
  const record = await witness.look();
  const n = numberOf(task.payload);
  const outside = world.outside.effects.filter((effect) => effect.n === n);
  const { docs } = await world.db.collection(EFFECTS).where("n", "==", n).get();
  const keys = [...outside.map(({ idempotencyKey }) => idempotencyKey), ...docs.map((doc) => doc.get("idempotencyKey"))];
  const end = { record, effects: keys.length, letters: await witness.countLetters() };
  if (keys.some((key) => key !== task.id)) witness.violations.push("an effect had another idempotency key");
  return { entry: entryOf(told, end), violations: [...witness.violations, ...violationsOf(end, cell)] };
}

function* violationsOf({ record, effects, letters }: End, { scene, ...cell }: Cell): Generator<string> {
  const expected = scene.end === "dies" ? "dead" : "succeeded";
  const mayHaveNone = scene.task === "natural" && expected === "succeeded";
  if (record ? record.state !== expected : !mayHaveNone) yield `ended ${record?.state ?? "unrecorded"}, not ${expected}`;
  if (record && !isTerminal(record.state)) yield "has no terminal state";

  const expectedLetters = (expected === "dead" ? 1 : 0) + (scene.before === "another payload" ? 1 : 0);
  if (letters !== expectedLetters) yield `has ${letters} letters`;

  if (expected === "dead" && effects > 0) yield "had an effect, though it is dead";
  if (expected === "succeeded" && effects === 0) yield "had no effect";
  if (effects > 1 && scene.task !== "natural" && !mayRepeat({ scene, ...cell })) yield `had ${effects} effects`;
}

/** Whether a crash, or a pause past the lease, lies between an effect outside and its durable completion. */
function mayRepeat({ scene, fault, moment }: Cell): boolean {
  if (scene.task === "transaction") return false;
  const hadEffect = scene.at === "handler" ? fault.when === "after-effect" || fault.answer === "its-own" : scene.afterEffect;
  if (!hadEffect) return false;
  if (moment.startsWith("zombie")) return true;
  if (scene.at === "handler") return true;
  const isRecorded = scene.at === "Commit" && fault.when === "after-effect" && fault.answer !== "its-own";
  const goesOn = fault.answer !== "gone" && fault.answer !== "nothing" && fault.answer !== "its-own";
  return !isRecorded && !goesOn;
}

/** The answers of a cell and its end, in the codes of the legend. */
function entryOf({ ending, others, again }: CellStory, { record, effects }: End): string {
  const answers = [
    ending ? codeOf(ending) : "†",
    ...(others ? [`(${codeOf(others)})`] : []),
    ...again.map(codeOf),
  ];
  const state = record === null ? "N" : record.state === "succeeded" ? "S" : record.state === "dead" ? "D" : record.state;
  return `${answers.join(" ")} ${state}${effects}`;
}

function codeOf({ status, outcome }: Ending): string {
  if (status !== 200) return String(status);
  return outcome === "done" ? "ok" : outcome === "duplicate" ? "dup" : String(outcome);
}

function numberOf(payload: unknown): unknown {
  return typeof payload === "object" && payload !== null && "n" in payload ? payload.n : undefined;
}
