import { randomFillSync } from "node:crypto";

const POOL_BYTES = 4_096;

let pool = Buffer.alloc(0);

/** Returns up to 4,096 random bytes for a name. They are fetched in bulk, since each fetch costs more than its bytes. */
export function pooledRandomBytes(count: number): Buffer {
  if (pool.length < count) pool = randomFillSync(Buffer.alloc(POOL_BYTES));
  const bytes = pool.subarray(0, count);
  pool = pool.subarray(count);
  return bytes;
}
