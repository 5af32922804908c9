import fs from "node:fs/promises";
import path from "node:path";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { circumstances, commandOf, load, writeIntoPage } from "../peers/page.ts";
import type { Choices } from "../peers/peers.ts";
import { makeOurBundles } from "../peers/stack/our-bundles.ts";
import { startOurEmulators } from "../peers/stack/our-stack.ts";
import { type Chart, chartSvg } from "./chart.ts";
import { byConnections, byPayload } from "./requests.ts";
import { byQueued } from "./queued.ts";
import { GROWTH_SIZES } from "./sizes.ts";

const FIGURES = "docs/figures";

/** Draws how costs grow with what is queued, with connections, and with payloads. */
export async function growth({ isQuick, writes }: Choices, print: (text: string) => void): Promise<void> {
  const sizes = isQuick ? GROWTH_SIZES.quick : GROWTH_SIZES.full;
  const loads = [load()];
  const charts: (readonly [name: string, Chart])[] = [];
  const bundles = await makeOurBundles();
  try {
    const measures = { queued: byQueued, connections: byConnections, payloads: byPayload };
    for (const [name, measure] of Object.entries(measures)) {
      const emulators = await startOurEmulators();
      try {
        charts.push([name, await measure({ bundles, emulators, sizes })]);
      } finally {
        await emulators.stop();
      }
      loads.push(load());
    }
  } finally {
    await bundles.remove();
  }
  for (const [, chart] of charts) print(`growth: ${chart.title}\n${linesOf(chart)}`);
  if (!writes) return;
  await fs.mkdir(path.join(PROJECT_DIR, FIGURES), { recursive: true });
  for (const [name, chart] of charts) {
    await fs.writeFile(path.join(PROJECT_DIR, FIGURES, `growth-${name}.svg`), chartSvg(chart));
  }
  const shown = charts.map(([name, chart]) => `![${chart.title}](figures/growth-${name}.svg)\n\n${tableOf(chart)}`);
  await writeIntoPage("growth", [circumstances(commandOf("growth", isQuick), loads), ...shown].join("\n\n"));
}

function linesOf({ series, unit }: Chart): string {
  const points = (each: Chart["series"][number]): string => each.points.map(([x, y]) => `${x}: ${short(y)}`).join(", ");
  return series.map((each) => `  ${each.name}, ${unit}: ${points(each)}`).join("\n");
}

/** The same figures as a table, for whoever can't see the picture. */
function tableOf({ x, unit, series }: Chart): string {
  const xs = series[0]?.points.map(([at]) => at) ?? [];
  const rows = series.map(({ name, points }) => [`${name}, ${unit}`, ...points.map(([, y]) => short(y))]);
  const cells = [[x, ...xs.map((at) => at.toLocaleString("en-US"))], xs.map(() => "---").concat("---"), ...rows];
  return cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const DIGITS = 3;
const short = (value: number): string => String(Number(value.toPrecision(DIGITS)));
