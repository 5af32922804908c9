import type { Surroundings } from "../surroundings.ts";

/** Shows a command's progress. */
export interface Progress {
  /** @param share how much is done, from 0 to 1; undefined if the total is unknown. */
  update(done: number, share?: number): void;
  /** Removes the bar, so that something else can be written. The next update draws it again. */
  clear(): void;
}

const REDRAW_MS = 100;
const BAR_WIDTH = 24;
/** The assumed width of a terminal that doesn't report one. */
const NARROW = 80;

/** A progress bar on a terminal's stderr; elsewhere, nothing. */
export function createProgress({ stderr }: Pick<Surroundings, "stderr">, noun: string): Progress {
  if (stderr.isTTY !== true) return { update: () => {}, clear: () => {} };
  const startedMs = performance.now();
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    update(done, share) {
      const nowMs = performance.now();
      if (nowMs - drawnMs < REDRAW_MS) return;
      drawnMs = nowMs;
      const line = progressLine({ done, share, noun, tookMs: nowMs - startedMs });
      stderr.write(`\r${line.slice(0, (stderr.columns || NARROW) - 1)}\u001b[K`);
    },
    clear() {
      if (Number.isFinite(drawnMs)) stderr.write("\r\u001b[K");
      drawnMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** The text of the bar. */
export function progressLine(state: {
  readonly done: number;
  readonly share: number | undefined;
  readonly noun: string;
  readonly tookMs: number;
}): string {
  const { done, share, noun, tookMs } = state;
  const rate = tookMs > 0 ? Math.round((done * 1_000) / tookMs) : 0;
  const counted = `${done.toLocaleString("en")} ${noun}, ${rate.toLocaleString("en")}/s`;
  if (share === undefined) return counted;
  const filled = Math.round(Math.min(1, share) * BAR_WIDTH);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
  const leftS = share > 0 ? Math.ceil((tookMs * (1 - share)) / share / 1_000) : undefined;
  return `${bar} ${Math.floor(share * 100)}% ${counted}${leftS === undefined ? "" : `, ${leftS} s left`}`;
}
