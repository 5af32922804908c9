import { PerformanceObserver } from "node:perf_hooks";
import v8 from "node:v8";

/** Both halves of the young generation. With more, memory grows by several times what the processor gains. */
const MAX_YOUNG_BYTES = 4 * 1024 * 1024;

/** By how much the heap may grow before all of it is collected again: by a fifth, or by this much if that is more. */
const MIN_GROWTH_BYTES = 28 * 1024 * 1024;
const MIN_GROWTH_PERCENT = 20;

/**
 * Makes V8 collect garbage earlier, and in one thread, in the whole process.
 *
 * By default a burst of calls leaves garbage faster than V8 collects it, and memory that the heap has grown into is not
 * given back. A large heap may grow by little. A small one may grow by more than its size suggests: otherwise all of it would
 * be marked again and again during a burst. The young generation may grow, though not as far as by default: while it is as
 * small as at the start, so much of it survives each collection that a burst takes half as much processor time again. Helper
 * threads are left out, since collections of so small a heap are over before these have begun: in one comparison of five
 * rounds, a delivery took 0.89 of the processor time without them. Changing these settings in a running process is safe, since
 * they only affect when the next collection happens (https://nodejs.org/api/v8.html#v8setflagsfromstringflags).
 */
export function keepHeapSmall(): void {
  v8.setFlagsFromString("--no-parallel-scavenge");
  limitGrowth();
  // V8 reads the setting for the young generation's largest size only once, before any code runs.
  new PerformanceObserver(() => {
    limitGrowth();
    limitYoungGeneration();
  }).observe({ entryTypes: ["gc"] });
}

let growthPercent = 0;

function limitGrowth(): void {
  const percent = growthPercentFor(v8.getHeapStatistics());
  if (percent === growthPercent) return;
  growthPercent = percent;
  v8.setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/**
 * By how many percent a heap may grow before all of it is collected again. What it holds outside counts too, such as the
 * bodies of tasks: it is reclaimed by the same collections.
 */
export function growthPercentFor({
  used_heap_size: heapBytes,
  external_memory: externalBytes,
}: Pick<v8.HeapInfo, "used_heap_size" | "external_memory">): number {
  const least = Math.round((MIN_GROWTH_BYTES / (heapBytes + externalBytes)) * 100);
  return Math.max(MIN_GROWTH_PERCENT, least);
}

let growthFactor = 2;

function limitYoungGeneration(): void {
  const young = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  // At rest V8 makes it small again, and then it may grow again.
  const factor = (young?.space_size ?? 0) < MAX_YOUNG_BYTES ? 2 : 1;
  if (factor === growthFactor) return;
  growthFactor = factor;
  v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
