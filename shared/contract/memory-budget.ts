const MIB = 2 ** 20;

/** The two services that take payloads. */
export type PayloadService = "worker" | "producer";

/** The least memory of an instance, in MiB, and what the services reckon with unless they are told of more. */
export const LEAST_MEMORY_MIB = 512;

/** V8 gives half of a container's memory to the heap (https://nodejs.org/api/cli.html#--max-heap-sizesize). */
const HEAP_SHARE = 1 / 2;

/** What code, clients and caches take of the heap. */
const OWN_HEAP_BYTES = 56 * MIB;

/** When more of the heap than this is in use all the time, collecting garbage takes longer than the work. */
const USABLE_SHARE = 1 / 2;

/**
 * How many bytes of heap a byte of JSON takes at worst, while its request is in flight. The worker keeps the values until
 * the handler is done; those of lists in lists take the most for their length. The producer keeps the text, twice, and two
 * bytes for each character. `npm run bench payloads` measures both.
 */
const HEAP_BYTES_PER_BODY_BYTE: Readonly<Record<PayloadService, number>> = { worker: 29, producer: 4 };

/** More than Cloud Run ever sends to an instance (https://cloud.google.com/run/docs/about-concurrency). */
const MAX_REQUESTS = 1_000;

/** How much an instance takes on at once; see `Admission`. */
export function admissionLimits(service: PayloadService, memoryMib: number) {
  const usableBytes = (memoryMib * MIB * HEAP_SHARE - OWN_HEAP_BYTES) * USABLE_SHARE;
  return { maxRequests: MAX_REQUESTS, maxBodyBytes: Math.floor(usableBytes / HEAP_BYTES_PER_BODY_BYTE[service]) };
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
  const heapBytes = (concurrency * bodyBytes * HEAP_BYTES_PER_BODY_BYTE[service]) / USABLE_SHARE + OWN_HEAP_BYTES;
  return (
    `The ${service}'s memory of ${memoryMib} MiB is too little for ${concurrency} payloads of the largest size at once: ` +
    `it needs ${Math.ceil(heapBytes / HEAP_SHARE / MIB)} MiB.`
  );
}
