const MIB = 2 ** 20;

/** The two services that take payloads. */
export type PayloadService = "worker" | "producer";

/** The least memory of an instance, in MiB, and what the services reckon with unless they are told of more. */
export const LEAST_MEMORY_MIB = 512;

/** V8 gives half of a container's memory to the heap (https://nodejs.org/api/cli.html#--max-heap-sizesize). */
const HEAP_SHARE = 1 / 2;

/** What code, clients and caches take of the heap. */
const OWN_HEAP_BYTES = 56 * MIB;

/**
 * What a byte of JSON costs at worst while its request is in flight, and how much of the heap may be in use all the time
 * before collecting garbage takes longer than the work.
 *
 * - The worker keeps the values until the handler is done. Those of lists in lists take the most for their length: 256 KiB
 *   parse into 6.9 MiB, by `process.memoryUsage().heapUsed` around `JSON.parse`, each time after a full collection.
 * - The producer keeps the text twice, with two bytes for a character if any is beyond Latin-1. Few large texts are easier to
 *   collect than many small values.
 */
const WORST_COST: Readonly<Record<PayloadService, { heapBytesPerByte: number; usableShare: number }>> = {
  worker: { heapBytesPerByte: 29, usableShare: 3 / 8 },
  producer: { heapBytesPerByte: 4, usableShare: 1 / 2 },
};

/** More than Cloud Run ever sends to an instance (https://cloud.google.com/run/docs/about-concurrency). */
const MAX_REQUESTS = 1_000;

/** How much an instance takes on at once; see `Admission`. */
export function admissionLimits(service: PayloadService, memoryMib: number) {
  const { heapBytesPerByte, usableShare } = WORST_COST[service];
  const usableBytes = (memoryMib * MIB * HEAP_SHARE - OWN_HEAP_BYTES) * usableShare;
  return { maxRequests: MAX_REQUESTS, maxBodyBytes: Math.floor(usableBytes / heapBytesPerByte) };
}

/**
 * Finds whether an instance with so much memory may run out of it, or refuse requests, while all that it takes at once have
 * the largest payload and the most expensive one. A sentence that begins with the service's name; undefined if there is
 * room.
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
