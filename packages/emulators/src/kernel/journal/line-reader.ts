import type { FileHandle } from "node:fs/promises";

/** A line of a file, without its newline. Numbers count from 1, offsets from 0. */
export interface RawLine {
  readonly bytes: Buffer;
  readonly number: number;
  readonly offset: number;
  /** False for a last line without a newline. */
  readonly isWhole: boolean;
}

/** How much is read, and handed out, at a time. Between two chunks other work gets its turn. */
const CHUNK_BYTES = 256 * 1024;

/** Longer than any line that was ever written: a hundred documents of 1 MiB in base64. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Reads a file's lines in order, some at a time. Their bytes are valid until the next are asked for. A line that is too
 * long comes in pieces that aren't whole.
 */
export async function* readLines(file: FileHandle): AsyncGenerator<RawLine[]> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let number = 1;
  let offset = 0;
  const take = (end: Buffer, isWhole: boolean): RawLine => {
    const bytes = begun.length === 0 ? end : Buffer.concat([...begun, end]);
    const line = { bytes, number, offset, isWhole };
    number += 1;
    offset += bytes.length + (isWhole ? 1 : 0);
    begun = [];
    begunBytes = 0;
    return line;
  };
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const read = chunk.subarray(0, bytesRead);
    const lines: RawLine[] = [];
    let start = 0;
    for (let end = read.indexOf(NEWLINE); end !== -1; end = read.indexOf(NEWLINE, start)) {
      lines.push(take(read.subarray(start, end), true));
      start = end + 1;
    }
    // A copy, since the next read overwrites the chunk.
    if (start < bytesRead) begun.push(Buffer.from(read.subarray(start)));
    begunBytes += bytesRead - start;
    if (begunBytes > MAX_LINE_BYTES) lines.push(take(Buffer.alloc(0), false));
    yield lines;
  }
  if (begunBytes > 0) yield [take(Buffer.alloc(0), false)];
}
