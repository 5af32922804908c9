import { status } from "@grpc/grpc-js";
import type { Cell, Struck } from "./cell.ts";
import type { HandlerPlan } from "../process/matrix-handlers.ts";
import { AWAY_MS } from "./time.ts";
import type { Story } from "./story.ts";
import type { Ending } from "../process/ending.ts";

/** Makes the worker read the record to find out how it ended: the commit that needs no read fails. */
const REFUSED = { rpc: "Commit", when: "before-effect", answer: { status: status.INTERNAL } } as const;

/** No delivery makes more calls of one kind. */
const MAX_CALLS = 100;

/** The delivery was over before it reached the call that was to fail. */
export class NeverReached extends Error {}

/** Another delivery of the same task, in progress. */
interface Other {
  readonly answer: Promise<Ending>;
  /** Lets its handler end, if it was told to wait. */
  finish(): void;
}

/**
 * Delivers to the subject, and makes the cell's call or handler fail.
 *
 *     call arrives ── zombie: sleeps, another takes over ──▶ effect, or none ── at once: another comes ──▶ fault
 */
export async function injectFault(story: Story, cell: Cell, released: Promise<void>): Promise<Struck> {
  const { world } = story;
  const { subject } = world;
  let other: Other | undefined;
  const onArrival = async (): Promise<void> => {
    if (cell.moment.startsWith("zombie")) other = await sleepWhileTakenOver(story, cell);
  };
  const onEffect = async (): Promise<void> => {
    if (cell.moment !== "at once") return;
    other = await meetAnother(story);
    letOthersPass(story, other);
  };
  const { injected, plan } = arm(story, cell, { onArrival, onEffect, released });
  const delivered = cell.scenario.cancel === "by the subject" ? story.cancel(subject) : story.begin(subject, plan);
  await Promise.race([injected, delivered.then(neverReached)]);

  if (cell.fault.answer === "gone") {
    other?.finish();
    return { ending: null, others: other ? await world.answerOf(world.other, other.answer) : null };
  }
  const hangs = cell.fault.answer === "nothing" || cell.fault.answer === "its-own";
  if (!hangs) await world.answeredOrStuck(subject, delivered);
  other?.finish();
  if (hangs) {
    if (other) await world.answeredOrStuck(world.other, other.answer);
    await world.losePatience();
  }
  const ending = await world.answerOf(subject, delivered);
  return { ending, others: other ? await world.answerOf(world.other, other.answer) : null };
}

function neverReached({ status, outcome }: Ending): never {
  throw new NeverReached(`Answered ${status} ${outcome} before it came to the call.`);
}

interface Hooks {
  readonly onArrival: () => Promise<void>;
  readonly onEffect: () => Promise<void>;
  /** Until this resolves, whatever is delayed stays delayed. */
  readonly released: Promise<void>;
}

interface Armed {
  /** Resolves when the fault hits. */
  readonly injected: Promise<unknown>;
  readonly plan: HandlerPlan;
}

function arm(story: Story, cell: Cell, hooks: Hooks): Armed {
  return cell.scenario.at === "handler" ? armHandler(story, cell, hooks) : armCall(story, cell, hooks);
}

function armCall(story: Story, { scenario, fault, moment }: Cell, { onArrival, onEffect, released }: Hooks): Armed {
  const { world } = story;
  const { answer } = fault;
  if (scenario.at === "handler" || answer === "throws") throw new TypeError("A call is answered.");
  const { at: rpc, end } = scenario;
  const skip = scenario.skipAt?.[moment] ?? scenario.skip;
  const cancel = async (): Promise<void> => void (await story.cancel(world.other));
  const plan = { end, ...(scenario.cancel === "while it runs" ? { onEffect: cancel } : {}) };
  if (scenario.refused) void world.subject.faults.inject({ ...REFUSED, ...scenario.refused });
  if (answer !== "its-own") {
    const injected = world.subject.faults.inject({ rpc, skip, when: fault.when, answer, onArrival, onEffect });
    return { injected, plan };
  }
  const { promise: injected, resolve } = Promise.withResolvers<void>();
  const delay = async (): Promise<void> => {
    await onArrival();
    await onEffect();
    resolve();
    await released;
  };
  void world.subject.faults.inject({ rpc, skip, when: fault.when, answer, onArrival: delay });
  return { injected, plan };
}

function armHandler(story: Story, { scenario, fault }: Cell, { onArrival, onEffect, released }: Hooks): Armed {
  const { subject } = story.world;
  const { promise: injected, resolve } = Promise.withResolvers<void>();
  const goWrong = async (): Promise<void> => {
    await onArrival();
    await onEffect();
    if (fault.answer === "gone") subject.faults.sever();
    resolve();
    if (fault.answer === "throws") throw new RangeError("injected");
    if (fault.answer === "its-own") return await released;
    await subject.handlers.never;
  };
  const plan = {
    end: scenario.end,
    async onArrival() {
      // When a client runs it again, it succeeds.
      subject.handlers.plan = { end: scenario.end };
      if (fault.when === "before-effect") await goWrong();
    },
    async onEffect() {
      if (fault.when === "after-effect") await goWrong();
    },
  };
  return { injected, plan };
}

/** Another delivery arrives, and gets as far as it can. */
async function meetAnother(story: Story): Promise<Other> {
  const { world } = story;
  const answer = story.begin(world.other, { end: story.endMeanwhile });
  await world.answeredOrStuck(world.other, answer);
  return { answer, finish: () => {} };
}

/** From now on the subject's calls to Firestore wait until the other delivery has been answered or is blocked by it. */
function letOthersPass({ world }: Story, { answer }: Other): void {
  const { subject, other } = world;
  const onArrival = async (): Promise<void> => void (await world.answeredOrStuck(other, answer));
  for (const rpc of ["Commit", "BatchGetDocuments"]) {
    void subject.faults.inject({ rpc, when: "after-effect", answer: "its-own", times: MAX_CALLS, onArrival });
  }
}

/** The subject sleeps past its lease and its locks, while another delivery takes the task. */
async function sleepWhileTakenOver(story: Story, { moment }: Cell): Promise<Other> {
  const { world } = story;
  const { promise: held, resolve: finish } = Promise.withResolvers<void>();
  const { promise: atWork, resolve: begin } = Promise.withResolvers<null>();
  const wait = async (): Promise<void> => {
    begin(null);
    await held;
  };
  if (moment === "zombie, other done") finish();
  return await world.whileFrozen(world.subject, async () => {
    await world.pass(AWAY_MS);
    const answer = story.begin(world.other, { end: story.endMeanwhile, onArrival: wait });
    const done = world.answeredOrStuck(world.other, answer);
    await (moment === "zombie, other done" ? done : Promise.race([done, atWork]));
    return { answer, finish };
  });
}
