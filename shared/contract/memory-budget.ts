const MIB = 2 ** 20;

/** The memory of an instance unless the stack sets another, in MiB. */
export const DEFAULT_MEMORY_MIB = 512;

/** In a container, V8's heap is half the memory (https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib). */
const HEAP_SHARE = 0.5;

/** What a service's code, clients and caches take of its heap, and what garbage collection needs on top. */
const OWN_HEAP_BYTES = 80 * MIB;

/**
 * How many bytes of heap a byte of a request's body takes at worst, from its arrival to the response. The worker keeps the
 * values until the handler is done; the producer keeps text. Measured by `npm run bench payloads`.
 */
const HEAP_PER_BODY_BYTE = { worker: 20, producer: 6 };

/** More than Cloud Run ever sends to one instance (https://cloud.google.com/run/docs/about-concurrency). */
const MAX_REQUESTS = 1_000;

/** How much a service's instance takes on at once, with a memory of so many MiB. */
export function admissionLimits(service: "worker" | "producer", memoryMib: number) {
  const room = memoryMib * MIB * HEAP_SHARE - OWN_HEAP_BYTES;
  return { maxRequests: MAX_REQUESTS, maxBodyBytes: Math.floor(room / HEAP_PER_BODY_BYTE[service]) };
}
