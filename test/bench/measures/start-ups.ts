import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { median } from "../median.ts";
import { passedOn } from "../processes/passed-on.ts";

const PROBE = path.join(import.meta.dirname, "../programs/start-up-probe.ts");
const run = promisify(execFile);
const figuresSchema = z.object({
  importMs: z.number(),
  listenMs: z.number(),
  firstCallMs: z.number(),
  warmMs: z.number(),
});

/** Medians, in milliseconds, of an emulator's start and first call over `runs` new processes. */
export async function measureStartUps(emulator: "firestore" | "cloud-tasks", runs: number) {
  const figures: z.infer<typeof figuresSchema>[] = [];
  for (let count = 0; count < runs; count++) {
    const { stdout } = await run(process.execPath, [PROBE, emulator], {
      env: { ...passedOn(), METADATA_SERVER_DETECTION: "none" },
    });
    figures.push(figuresSchema.parse(JSON.parse(stdout)));
  }
  return {
    importMs: median(figures.map(({ importMs }) => importMs)),
    listenMs: median(figures.map(({ listenMs }) => listenMs)),
    firstCallMs: median(figures.map(({ firstCallMs }) => firstCallMs)),
    coldMs: median(figures.map(({ importMs, listenMs, firstCallMs }) => importMs + listenMs + firstCallMs)),
    warmMs: median(figures.map(({ warmMs }) => warmMs)),
  };
}
