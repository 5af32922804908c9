const BLOCK_BYTES = 8 * 1024;

/** A longer copy gets memory of its own, so that one that is left keeps at most eight times its size. */
const MAX_SHARED_BYTES = BLOCK_BYTES / 8;

let block = new ArrayBuffer(BLOCK_BYTES);
let used = 0;

/**
 * Copies bytes that are to be kept for long. Short ones share blocks of memory, since each block costs some 300 bytes
 * besides what it holds. They share none with Node's buffer pool, of which they would keep alive whatever else is in it.
 */
export function keptCopy(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_SHARED_BYTES) return new Uint8Array(bytes);
  if (used + bytes.length > BLOCK_BYTES) {
    block = new ArrayBuffer(BLOCK_BYTES);
    used = 0;
  }
  const copy = new Uint8Array(block, used, bytes.length);
  copy.set(bytes);
  used += bytes.length;
  return copy;
}
