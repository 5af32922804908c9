import { readArguments } from "../harness/runtime/read-arguments.ts";
import type { Days } from "./virtual-days.ts";

const USAGE = `npm run schedules [-- OPTIONS]

Thirty schedules over virtual days, while ticks are lost, doubled and delayed at random and the producer is killed: against a
store in memory, and against the emulators around each day on which a zone changes its clocks. Exit code 1 if a time fired
twice, or one that the rules promise was missed.

  --days N       virtual days in memory; default 400
  --around N     virtual days around each of these dates, against the emulators; default 8
  --dates LIST   separated by commas; default 2026-03-08,2026-04-01,2026-10-04,2026-10-29, which with four days before
                 and after them are every change of clocks in 2026 of Berlin, New York and Lord Howe
  --faults N     how many times as often things go wrong; default 1
  --seed N       default: random
  --bug NAME     with a known bug of test/chaos/bugs
  --out DIR      ignored
`;

const { values } = readArguments(USAGE, {
  days: { type: "string", default: "400" },
  around: { type: "string", default: "8" },
  dates: { type: "string", default: "2026-03-08,2026-04-01,2026-10-04,2026-10-29" },
  faults: { type: "string", default: "1" },
  bug: { type: "string" },
  out: { type: "string" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
});
if (values.bug !== undefined) {
  process.env["CHAOS_BUG"] = values.bug;
  await import("../chaos/bugs/build-in.ts");
}
// Now, so that they have the bug.
const { FAULTS } = await import("./ticks.ts");
const { emulatorDays } = await import("./emulator-days.ts");
const { memoryDays } = await import("./virtual-days.ts");
const faults = Object.fromEntries(
  Object.entries(FAULTS).map(([name, chance]) => [name, chance * Number(values.faults)]),
);
const DAY_MS = 86_400_000;
const seed = Number(values.seed);
let isBroken = false;

function report(what: string, { fired, ticks, broken }: Days, cpu: NodeJS.CpuUsage): void {
  const seconds = ((cpu.user + cpu.system) / 1e6).toFixed(1);
  process.stdout.write(`${what}: ${ticks} ticks, ${fired} tasks, ${broken.length} broken promises, ${seconds} CPU s\n`);
  for (const one of broken.slice(0, 20)) process.stdout.write(`BROKEN ${one}\n`);
  isBroken ||= broken.length > 0;
}

process.stdout.write(`seed ${seed}\n`);
if (Number(values.days) > 0) {
  const before = process.cpuUsage();
  const fromMs = Date.parse("2026-02-20T00:00:00Z");
  const days = await memoryDays({
    fromMs,
    toMs: fromMs + Number(values.days) * DAY_MS,
    seed,
    faults: { ...FAULTS, ...faults },
  });
  report(`${values.days} days in memory`, days, process.cpuUsage(before));
}
const around = Number(values.around);
for (const [index, date] of (around > 0 ? values.dates.split(",") : []).entries()) {
  const before = process.cpuUsage();
  const fromMs = Date.parse(`${date}T00:00:00Z`) - (around / 2) * DAY_MS;
  const days = await emulatorDays({
    fromMs,
    toMs: fromMs + around * DAY_MS,
    seed: seed + index + 1,
    faults: { ...FAULTS, ...faults },
  });
  report(`${around} days around ${date}, emulators`, days, process.cpuUsage(before));
}
process.exitCode = isBroken ? 1 : 0;
