import * as z from "zod";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { fetchJson } from "./fetch-json.ts";
import type { Throughput } from "./throughput.ts";

const TIMEOUT_MS = 3_000;

const count = z.int().nonnegative();

const countsSchema = z.object({
  minutes: z.array(z.object({ minuteMs: z.int(), enqueued: count, done: count, retried: count, dead: count })),
});

/** The counts of the program that runs the stack on a laptop, since its start. */
export function createLocalCounts({ url, clock }: { readonly url: string; readonly clock: Clock }): Throughput {
  return {
    async read() {
      const { data, error } = countsSchema.safeParse(await fetchJson(new URL(url), { clock, timeoutMs: TIMEOUT_MS }));
      if (!data) throw new DependencyError("monitoring", error);
      return new Map(data.minutes.map(({ minuteMs, ...counts }) => [minuteMs, counts]));
    },
  };
}
