const MIB = 2 ** 20;

/** The two services that accept payloads. */
export type PayloadService = "worker" | "producer";

/** An instance's minimum memory, in MiB, which the services assume unless they are configured with more. */
export const MIN_MEMORY_MIB = 512;

/** The most memory that Cloud Run gives an instance (https://cloud.google.com/run/docs/configuring/services/memory-limits). */
export const MAX_MEMORY_MIB = 32_768;

/** V8 gives half of a container's memory to the heap (https://nodejs.org/api/cli.html#--max-heap-sizesize). */
const HEAP_SHARE = 1 / 2;

/** The part of the heap that code, clients and caches occupy. */
const OWN_HEAP_BYTES = 56 * MIB;

/**
 * The most heap that a byte of JSON takes while its request is in flight, and the share of the heap that may always be
 * in use before garbage collection takes longer than the work.
 *
 * - The worker keeps the values until the handler is done. Nested lists take the most for their length: 256 KiB parse
 *   into 6.9 MiB, measured with `process.memoryUsage().heapUsed` before and after `JSON.parse`, each time after a full
 *   collection.
 * - The producer keeps the text twice, with two bytes per character if any is outside Latin-1. A few large texts are
 *   easier to collect than many small values.
 */
const WORST_COST: Readonly<Record<PayloadService, { heapBytesPerByte: number; usableShare: number }>> = {
  worker: { heapBytesPerByte: 29, usableShare: 3 / 8 },
  producer: { heapBytesPerByte: 4, usableShare: 1 / 2 },
};

/** More than Cloud Run ever sends to an instance (https://cloud.google.com/run/docs/about-concurrency). */
const MAX_REQUESTS = 1_000;

/** How much work an instance accepts at once; see `Admission`. */
export function admissionLimits(service: PayloadService, memoryMib: number) {
  const { heapBytesPerByte, usableShare } = WORST_COST[service];
  const usableBytes = (memoryMib * MIB * HEAP_SHARE - OWN_HEAP_BYTES) * usableShare;
  return { maxRequests: MAX_REQUESTS, maxBodyBytes: Math.floor(usableBytes / heapBytesPerByte) };
}

/**
 * Checks whether an instance with this much memory could run out of it, or refuse requests, when every request it
 * accepts at once has the largest and most expensive payload. Returns a sentence that begins with the service's name,
 * or undefined if there is enough.
 */
export function memoryProblem(
  service: PayloadService,
  plan: { readonly memoryMib: number; readonly concurrency: number; readonly bodyBytes: number },
): string | undefined {
  const { memoryMib, concurrency, bodyBytes } = plan;
  if (concurrency * bodyBytes <= admissionLimits(service, memoryMib).maxBodyBytes) return undefined;
  const { heapBytesPerByte, usableShare } = WORST_COST[service];
  const heapBytes = (concurrency * bodyBytes * heapBytesPerByte) / usableShare + OWN_HEAP_BYTES;
  return (
    `The ${service}'s memory of ${memoryMib} MiB is too little for ${concurrency} payloads of the largest size at once: ` +
    `it needs ${Math.ceil(heapBytes / HEAP_SHARE / MIB)} MiB.`
  );
}
