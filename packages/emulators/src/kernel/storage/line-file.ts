import fs from "node:fs";
import { StringDecoder } from "node:string_decoder";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** How many bytes of an open file are whole lines, up to and including the last newline. Reads from the end. */
export function wholeLinesOf(descriptor: number): number {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let end = fs.fstatSync(descriptor).size;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const bytes = fs.readSync(descriptor, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytes).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}

/** The lines in the first `bytes` bytes of a file, which end with a newline. It doesn't hold the whole file in memory. */
export function* readLines(file: string, bytes: number): Generator<string> {
  const descriptor = fs.openSync(file, "r");
  try {
    const decoder = new StringDecoder("utf8");
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = "";
    for (let position = 0; position < bytes;) {
      const read = fs.readSync(descriptor, chunk, 0, Math.min(CHUNK_BYTES, bytes - position), position);
      if (read === 0) return;
      position += read;
      const lines = (rest + decoder.write(chunk.subarray(0, read))).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    fs.closeSync(descriptor);
  }
}
