import path from "node:path";
import { findGooglesFirestore } from "../../packages/emulators/src/firestore/googles-firestore.ts";
import { type LateBundles, measureBundle } from "./measures/bundles.ts";
import { coldBundles, measureColdStarts } from "./measures/cold-starts.ts";
import type { ColdStart } from "./processes/cold-start.ts";
import { measureCompaction } from "./measures/compaction.ts";
import { measureConsole } from "./measures/console-pages.ts";
import { measureEndToEnd } from "./measures/end-to-end.ts";
import { DISPATCH_SETUP, measureDispatches, measureTaskMemory } from "./measures/dispatches.ts";
import { COSTLY_SHAPES } from "../harness/overload/costly-payloads.ts";
import { type EmulatorProgram, emulatorPrograms } from "./processes/emulator-process.ts";
import { median } from "./median.ts";
import { HISTORIES, measureHistory, measureHotDocument } from "./measures/histories.ts";
import { measureFlood, measurePayloadCost } from "./measures/payloads.ts";
import { measureRequests } from "./measures/requests.ts";
import type { Sizes } from "./sizes.ts";
import { measureProcessStarts } from "./measures/start-up-processes.ts";
import { measureStartUps } from "./measures/start-ups.ts";
import {
  TRANSACTION_SETUP,
  type TransactionLoad,
  type TransactionRate,
  measureTransactions,
} from "./measures/transactions.ts";

/** Measures something and reports the figures line by line, each with its size and what ran where. */
type Benchmark = (sizes: Sizes, bundles: LateBundles) => AsyncGenerator<string>;

/** All benchmarks, by the names that select them. */
export const BENCHMARKS: ReadonlyMap<string, Benchmark> = new Map([
  ["start-up", startUp],
  ["bundles", bundles],
  ["cold-starts", coldStarts],
  ["firestore", firestore],
  ["histories", histories],
  ["cloud-tasks", cloudTasks],
  ["requests", requests],
  ["payloads", payloads],
  ["flood", floods],
  ["end-to-end", endToEnd],
  ["console", consolePages],
  ["compaction", compaction],
  ["memory", memory],
]);

const CONTENDERS = 10;
const BODY_BYTES = 500;

async function* startUp(sizes: Sizes, bundles: LateBundles): AsyncGenerator<string> {
  for (const emulator of ["cloud-tasks", "firestore"] as const) {
    const { importMs, listenMs, firstCallMs, coldMs, warmMs } = await measureStartUps(emulator, sizes.starts);
    yield (
      `${emulator} in process, to the first call's answer: cold ${whole(coldMs)} ms ` +
        `(import ${whole(importMs)}, listen ${whole(listenMs)}, Google's client and its call ${whole(firstCallMs)}), ` +
        `warm ${whole(warmMs)} ms (medians of ${sizes.starts} processes)`
    );
  }
  const googles = googlesFirestore(sizes);
  const { emulator: bundle } = await bundles.get();
  const fromBundle = emulatorPrograms(path.join(bundle.folder, "main.js"));
  const { ourCloudTasks, ourFirestore } = emulatorPrograms();
  const programs = [fromBundle.ourCloudTasks, fromBundle.ourFirestore, ourCloudTasks, ourFirestore];
  const starts = await measureProcessStarts([...programs, ...googles.programs], sizes);
  const [tasksMs = 0, oursMs = 0, tasksSourcesMs = 0, sourcesMs = 0, googlesMs] = starts;
  const ratios = (theirs: number): string =>
    `${whole(theirs)} ms, ratio ${(oursMs / theirs).toFixed(2)}, from the sources ${(sourcesMs / theirs).toFixed(2)}`;
  yield (
    `as a process, to the first call's answer: cloud-tasks ${whole(tasksMs)} ms, firestore ${whole(oursMs)} ms from the ` +
      `bundle, ${whole(tasksSourcesMs)} and ${whole(sourcesMs)} ms from the sources, ${googles.figure(googlesMs, ratios)} ` +
      `(medians of ${sizes.starts} starts in turn, not counting the first ${sizes.uncounted})`
  );
}

async function* bundles(sizes: Sizes, late: LateBundles): AsyncGenerator<string> {
  const made = await late.get();
  for (const service of ["producer", "worker"] as const) {
    const { sources, bundled, bundleMib } = await measureBundle(made[service], sizes);
    yield (
      `${service} listening after ${whole(bundled.listeningMs)} ms from its bundle of ${bundleMib.toFixed(1)} MiB, ` +
        `${whole(sources.listeningMs)} ms from its sources, ratio ${(bundled.listeningMs / sources.listeningMs).toFixed(2)}; ` +
        `memory then ${whole(bundled.residentMib)} and ${whole(sources.residentMib)} MiB ` +
        `(medians of ${sizes.bundlePairs} pairs, in turn)`
    );
  }
}

async function* coldStarts(sizes: Sizes, late: LateBundles): AsyncGenerator<string> {
  const bundles = await coldBundles(await late.get());
  const { producer, worker, bareHono } = bundles;
  try {
    const [ofProducer, ofWorker, ofHono] = await measureColdStarts([producer, worker, bareHono], sizes);
    if (!ofProducer || !ofWorker || !ofHono) throw new Error("Nothing was measured.");
    const figures = (start: ColdStart): string =>
      `${whole(start.respondedMs)} ms after its start (ratio ${(start.respondedMs / ofHono.respondedMs).toFixed(1)}), with ` +
      `${whole(start.cpuMs)} ms of a processor (ratio ${(start.cpuMs / ofHono.cpuMs).toFixed(1)}); memory ` +
      `${whole(start.idleMib)} MiB idle, ${whole(start.servedMib)} MiB then`;
    const setup = `medians of ${sizes.starts} starts in turn, from bundles`;
    yield `producer's first task created ${figures(ofProducer)} (${setup})`;
    yield `worker's first claimed delivery done ${figures(ofWorker)} (${setup})`;
    yield `a bare Hono's first response ${figures(ofHono)} (${setup})`;
  } finally {
    await bundles.stop();
  }
}

async function* firestore(sizes: Sizes): AsyncGenerator<string> {
  const googles = googlesFirestore(sizes);
  const programs = [emulatorPrograms().ourFirestore, ...googles.programs];
  const rates = async (load: TransactionLoad, { warmUps }: { warmUps: number }): Promise<string> => {
    const [ours, theirs] = await measureTransactions(programs, { ...load, warmUps, rounds: sizes.rounds });
    if (!ours) throw new Error("Nothing was measured.");
    const ratio = (rate: TransactionRate): string => (ours.perSecond / rate.perSecond).toFixed(1);
    return `${rateText(ours)}, ${googles.figure(theirs, (rate) => `${rateText(rate)}, ratio ${ratio(rate)}`)}`;
  };
  const { transactions, contendedDocuments, rounds } = sizes;
  const setup = `medians of ${rounds} rounds, in turn; ${TRANSACTION_SETUP}`;

  yield (
    `transactions of one read and one write: ` +
      `${await rates({ documents: transactions, increments: 1 }, sizes)} ` +
      `(${transactions} on a document each; ${setup})`
  );
  yield (
    `the same, contended: ` +
      `${await rates({ documents: contendedDocuments, increments: CONTENDERS }, { warmUps: 0 })} ` +
      `(${contendedDocuments * CONTENDERS}, ${CONTENDERS} to a document at once; ${setup})`
  );
}

const rateText = ({ perSecond, cpuMs }: TransactionRate): string =>
  `${whole(perSecond)}/s at ${cpuMs.toFixed(2)} ms of a processor each`;

async function* histories(sizes: Sizes): AsyncGenerator<string> {
  const { histories: count, historyMinutes: minutes, hotDocument } = sizes;
  for (const [description, load] of HISTORIES.slice(0, count)) {
    const { firstCpuMicros, lastCpuMicros, longestStepCpuMs, highestMib, pastSeconds } = await measureHistory(
      load,
      minutes,
    );
    yield (
      `${description}, for ${minutes} min of virtual time: ${whole(firstCpuMicros)} µs of a processor each at first, ` +
        `${whole(lastCpuMicros)} µs at last, ${whole(longestStepCpuMs)} ms in the longest step; ${whole(highestMib)} MiB ` +
        `resident at most, and the past goes back ${whole(pastSeconds)} s (without gRPC)`
    );
  }
  const googles = googlesFirestore(sizes);
  const programs = [emulatorPrograms().ourFirestore, ...googles.programs];
  const figures: string[] = [];
  for (const program of programs) {
    const { perSecond, refused, medianMs, highMs, longestMs, cpuSeconds, residentMib } = await measureHotDocument(
      program,
      hotDocument,
    );
    figures.push(
      `${whole(perSecond)}/s applied and ${refused} refused, answered in ${medianMs.toFixed(1)} ms (median), ${whole(highMs)} ms (99th percentile), ` +
        `${whole(longestMs)} ms at most, with ${cpuSeconds.toFixed(1)} s of processors, ${whole(residentMib)} MiB resident`,
    );
  }
  const [ours = "", theirs] = figures;
  yield (
    `one document, updated ${hotDocument.perSecond} times a second for ${hotDocument.seconds} s: ${ours}; ` +
      googles.figure(theirs, (text) => text)
  );
}

async function* cloudTasks({ dispatchedTasks }: Sizes): AsyncGenerator<string> {
  const { created, dispatched, cpuMicrosADispatch } = await measureDispatches(dispatchedTasks);
  yield (
    `${whole(created)} tasks/s created, ${whole(dispatched)} tasks/s dispatched from that backlog to a target that ` +
      `answers at once, with ${whole(cpuMicrosADispatch)} µs of a processor for each dispatch ` +
      `(${dispatchedTasks} tasks; ${DISPATCH_SETUP})`
  );
}

async function* requests({ requests: size }: Sizes): AsyncGenerator<string> {
  const cost = await measureRequests(size);
  const setup = `medians of ${size.rounds} rounds of ${size.requests}, in turn; without the HTTP server; emulators in another process`;
  const posts = (local: number, knownToken: number, newToken: number): string =>
    `${whole(local)} µs of a processor if callers aren't told apart, ${whole(knownToken)} µs with a token seen before ` +
    `(ratio ${(knownToken / local).toFixed(2)}), ${whole(newToken)} µs with a new one (ratio ${(newToken / local).toFixed(2)})`;
  yield `POST /v1/tasks: ${posts(cost.local, cost.knownToken, cost.newToken)} (${setup})`;
  yield `the same with a new Idempotency-Key: ${posts(cost.localWithKey, cost.knownTokenWithKey, cost.newTokenWithKey)}`;
  yield `first delivery of a claimed task: ${whole(cost.delivery)} µs of a processor, with a token seen before (${setup})`;
}

async function* memory({ waitingTasks }: Sizes): AsyncGenerator<string> {
  const { now, highest } = await measureTaskMemory({ tasks: waitingTasks, bodyBytes: BODY_BYTES });
  yield (
    `the Cloud Tasks emulator has ${whole(now)} MiB resident with ${waitingTasks} tasks of ${BODY_BYTES} bytes ` +
      `waiting, ${whole(highest)} MiB at most until then (${DISPATCH_SETUP})`
  );
}

async function* payloads(sizes: Sizes): AsyncGenerator<string> {
  for (const shape of COSTLY_SHAPES.slice(0, sizes.shapes)) {
    const { plainMs, producerMs, workerMs } = await measurePayloadCost(shape, sizes.payloads);
    const figure = (ms: number): string => `${ms.toFixed(1)} ms, ratio ${(ms / plainMs).toFixed(1)}`;
    yield (
      `256 KiB of ${shape}: ${plainMs.toFixed(1)} ms of a processor in an app that only parses it, ` +
        `producer ${figure(producerMs)}, worker ${figure(workerMs)} (medians of ${sizes.payloads}, in turn)`
    );
  }
}

async function* floods({ shapes, flood }: Sizes): AsyncGenerator<string> {
  for (const shape of COSTLY_SHAPES.slice(0, shapes)) {
    const { canariesDoneMs, allDoneMs, live, survived } = await measureFlood(shape, flood);
    yield (
      `${flood.largeTasks} tasks of 256 KiB of ${shape}, one instance of each service with a heap of 256 MiB: ` +
        `${flood.canaries} canaries of another queue done after ${whole(canariesDoneMs)} ms, all after ` +
        `${whole(allDoneMs)} ms; /live at the 99th percentile ${whole(percentile(live.worker, 0.99))} ms in the worker, ` +
        `${whole(percentile(live.producer, 0.99))} ms in the producer; ${survived ? "no restart" : "an instance DIED"}`
    );
  }
}

async function* endToEnd({ endToEnd: size, warmUps }: Sizes): AsyncGenerator<string> {
  const { idleMs, rounds } = await measureEndToEnd(size, { warmUps });
  yield (
    `from the POST to the start of its handler, with nothing else to do: ${percentile(idleMs, 0.5).toFixed(1)} ms (median), ` +
      `${percentile(idleMs, 0.99).toFixed(1)} ms (99th percentile) of ${size.idleTasks} tasks of kind claim`
  );
  const rate = median(rounds.map(({ perSecond }) => perSecond));
  const programs = Object.keys(rounds[0]?.cpuMs ?? {});
  const shares = programs.map((name) => ({ name, ms: median(rounds.map(({ cpuMs }) => cpuMs[name] ?? 0)) }));
  const total = shares.reduce((sum, { ms }) => sum + ms, 0);
  yield (
    `${whole(rate)} tasks/s from ${size.callers} callers, ${total.toFixed(2)} ms of a processor each: ` +
      `${shares.map(({ name, ms }) => `${name} ${ms.toFixed(2)}`).join(", ")} ` +
      `(medians of ${size.rounds} rounds of ${size.tasks}; all of npm start, without the callers)`
  );
}

async function* consolePages({ console: size }: Sizes): AsyncGenerator<string> {
  const { pages, overview, live } = await measureConsole(size);
  const held = `${size.queued} queued tasks and ${size.letters} dead letters`;
  for (const { name, firstByteMs } of pages) {
    yield (
      `${name}: first byte after ${whole(median(firstByteMs))} ms (median), ${whole(Math.max(...firstByteMs))} ms ` +
        `(longest) of ${size.rounds}, with ${held}, nothing of it kept`
    );
  }
  yield (
    `the overview is ${(overview.pageBytes / 1_000).toFixed(1)} KB over the wire, its script ` +
      `${(overview.scriptBytes / 1_000).toFixed(1)} KB, its style sheet ${(overview.styleBytes / 1_000).toFixed(1)} KB`
  );
  yield (
    `ten tabs of the overview for ${size.liveMinutes} min: the console's memory is ${whole(live.firstMib)} MiB at first, ` +
      `${whole(live.lastMib)} MiB at last, ${whole(live.highestMib)} MiB at most; ${live.cpuShare.toFixed(3)} of a processor`
  );
}

/** Of times that are sorted. */
function percentile(times: readonly number[], share: number): number {
  return times[Math.ceil(times.length * share) - 1] ?? 0;
}

async function* compaction({ stored }: Sizes): AsyncGenerator<string> {
  for (const [emulator, what] of [
    ["cloud-tasks", `tasks of ${BODY_BYTES} bytes`],
    ["firestore", "task records"],
  ] as const) {
    const { restartMs, restartCpuMs, residentMib, longestPauseMs, longestTurnCpuMs, longestCallMs } =
      await measureCompaction(emulator, stored);
    yield (
      `with ${stored} stored ${what} the ${emulator} emulator restarts in ${whole(restartMs)} ms ` +
        `(${whole(restartCpuMs)} ms of a processor) and has ${whole(residentMib)} MiB resident; while its journal is ` +
        `compacted its event loop pauses for ${whole(longestPauseMs)} ms at most (${whole(longestTurnCpuMs)} ms of a ` +
        `processor), and a call takes ${whole(longestCallMs)} ms at most (one process, with the client in it)`
    );
  }
}

/** Formats a figure of Google's emulator for comparison, or says that there is none. */
function googlesFirestore({ besideGoogles }: Sizes): {
  programs: EmulatorProgram[];
  figure: <T>(theirs: T | undefined, tell: (theirs: T) => string) => string;
} {
  const jar = besideGoogles ? findGooglesFirestore() : null;
  const absence = besideGoogles ? "Google's emulator is not installed" : "Google's emulator is left out";
  return {
    programs: jar === null ? [] : [emulatorPrograms().googlesFirestore(jar)],
    figure: (theirs, tell) => (theirs === undefined ? absence : `Google's emulator ${tell(theirs)}`),
  };
}

const whole = (value: number): string => value.toFixed(0);
