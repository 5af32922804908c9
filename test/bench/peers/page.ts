import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** The page that shows what was measured last. */
const PAGE = path.join(PROJECT_DIR, "docs/performance.md");

/**
 * Replaces what stands between two markers of docs/performance.md, `<!-- NAME: begin -->` and `<!-- NAME: end -->`, and lays
 * the page out as the project's formatter wants it.
 *
 * @throws Error when the page has no such markers.
 */
export async function writeIntoPage(name: string, text: string): Promise<void> {
  const page = await fs.readFile(PAGE, "utf8");
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no markers ${begin} and ${end}.`);
  await fs.writeFile(PAGE, `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`);
  await promisify(execFile)(path.join(PROJECT_DIR, "node_modules/.bin/oxfmt"), [PAGE]);
}

/** How a benchmark was run. */
export const commandOf = (name: string, isQuick: boolean): string =>
  `npm run bench -- ${name}${isQuick ? " --quick" : ""}`;

/** Where and when, for whoever reads figures later. `loads` are the machine's load averages meanwhile. */
export function circumstances(command: string, loads: readonly number[]): string {
  const cpus = os.cpus();
  const date = new Date().toISOString().slice(0, 10);
  const range = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return (
    `\`${command}\` on ${date}: ${cpus.length} cores of ${cpus[0]?.model.trim() ?? "an unknown processor"}, ${memory}, ` +
    `${os.type()} ${os.release().split("-")[0] ?? ""}, Node ${process.versions.node}; load average ${range}.`
  );
}

/** How busy the machine was in the last minute. */
export const load = (): number => os.loadavg()[0] ?? Number.NaN;
