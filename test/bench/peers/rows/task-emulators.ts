import path from "node:path";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";
import { median } from "../../median.ts";
import { startTarget } from "../task-emulator/backlog.ts";
import { measureLoads, measureQueued, measureStart } from "../task-emulator/emulator-figures.ts";
import type { ServerProgram } from "../process/server-process.ts";
import { RUST_CRATE, ourEmulator, rustEmulator } from "../task-emulator/task-emulator.ts";
import type { Beside, Row } from "./row.ts";
import type { Setting } from "./setting.ts";

const SOURCES = path.join(PROJECT_DIR, "packages/emulators/bin/handoff-emulator.mjs");
const RUST = "Rust crate";
const GO = "Go, ken109";

/** Ours, before and now, an aim, and what was measured of others when the table was filed. */
interface Line {
  readonly what: string;
  readonly unit: string;
  readonly before: number;
  readonly aim: number;
  readonly rust?: number;
  readonly go?: number;
}

const A_THOUSAND = "CPU s per 1,000";
const LOADS = {
  create: { what: "creates", unit: A_THOUSAND, before: 0.185, aim: 0.09, rust: 0.04, go: 0.047 },
  dispatch: { what: "dispatches", unit: A_THOUSAND, before: 0.256, aim: 0.15, rust: 0.119, go: 0.213 },
  dispatchWithToken: { what: "dispatches with OIDC tokens", unit: A_THOUSAND, before: 0.268, aim: 0.16, rust: 0.398 },
  oneQueue: { what: "one queue at 500/s", unit: A_THOUSAND, before: 0.5, aim: 0.25, rust: 0.15 },
  callToHandlerP50: { what: "call to handler, p50", unit: "ms", before: 1.34, aim: 1, rust: 0.81 },
  callToHandlerP99: { what: "call to handler, p99", unit: "ms", before: 3.19, aim: 1.8, rust: 1.23 },
} as const satisfies Record<string, Line>;
const QUEUED = {
  mib: { what: "many queued, memory", unit: "MiB", before: 218, aim: 190, rust: 190 },
  listedS: { what: "many queued, listed", unit: "s", before: 0.94, aim: 0.7, rust: 0.68 },
} as const satisfies Record<string, Line>;
const STARTS = {
  startMs: { what: "from the package, start to the first call", unit: "ms", before: 136, aim: 100, rust: 12, go: 12 },
  emptyMib: { what: "from the package, empty, memory", unit: "MiB", before: 72, aim: 55, rust: 12, go: 16 },
} as const satisfies Record<string, Line>;
const STARTS_OF_SOURCES = {
  startMs: { what: "from the sources, start to the first call", unit: "ms", before: 298, aim: 200 },
} as const satisfies Record<string, Line>;

/** The emulator of Cloud Tasks, by turns with the Rust one if that is installed. All loads come from this process. */
export async function* taskEmulatorRows({ bundles, sizes }: Setting, skip: (why: string) => void): AsyncGenerator<Row> {
  const rust = await rustEmulator();
  if (!rust) skip(`the Rust emulator of Cloud Tasks: cargo install ${RUST_CRATE} --locked brings it`);
  const ours = ourEmulator(bundles.emulator);
  const both = rust ? [ours, rust] : [ours];
  const { rounds, starts, queued } = sizes.emulator;
  const target = await startTarget();
  try {
    yield* rowsOf(LOADS, await inTurn(both, rounds, (program) => measureLoads(program, target, sizes.emulator)));
    for (const row of rowsOf(QUEUED, await inTurn(both, 1, (program) => measureQueued(program, queued)))) {
      yield { ...row, what: row.what.replace("many", queued.toLocaleString("en-US")) };
    }
    yield* rowsOf(STARTS, await inTurn(both, starts, measureStart));
    yield* rowsOf(STARTS_OF_SOURCES, await inTurn([ourEmulator([process.execPath, SOURCES])], starts, measureStart));
  } finally {
    target.close();
  }
}

/** Medians over rounds of all figures of each program, the programs in turn. */
async function inTurn<Name extends string>(
  programs: readonly ServerProgram[],
  rounds: number,
  measure: (program: ServerProgram) => Promise<Readonly<Record<Name, number>>>,
): Promise<readonly ReadonlyMap<string, number>[]> {
  const all: Readonly<Record<string, number>>[][] = programs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, program] of programs.entries()) all[index]?.push(await measure(program));
  }
  return all.map((each) => {
    const names = Object.keys(each[0] ?? {});
    return new Map(names.map((name) => [name, median(each.map((figures) => figures[name] ?? Number.NaN))]));
  });
}

/** A row for each line, from our figures and the Rust emulator's, or what it had when the table was filed. */
function* rowsOf(
  lines: Readonly<Record<string, Line>>,
  [ours, rust]: readonly ReadonlyMap<string, number>[],
): Generator<Row> {
  for (const [name, { what, unit, before, aim, ...filed }] of Object.entries(lines)) {
    const measured = rust?.get(name);
    const beside: Beside[] = [];
    if (measured !== undefined) beside.push({ name: RUST, value: measured });
    else if (filed.rust !== undefined) beside.push({ name: RUST, value: filed.rust, isFiled: true });
    if (filed.go !== undefined) beside.push({ name: GO, value: filed.go, isFiled: true });
    yield { what: `Cloud Tasks emulator: ${what}`, unit, before, ours: ours?.get(name) ?? Number.NaN, aim, beside };
  }
}
