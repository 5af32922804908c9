/** A line of a file, or one that couldn't be read. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined if the line is too long or isn't UTF-8. */
  readonly text: string | undefined;
  readonly problem?: string;
  /** The position of its end, in bytes from the start of the file. */
  readonly endByte: number;
}

const NEWLINE = 0x0a;

/** More than the largest task takes, with indentation and escapes. The rest of a longer line is dropped. */
const MAX_LINE_BYTES = 2 * 1024 * 1024;

/** The lines of a byte stream, one at a time. Holds at most a line and a chunk. Empty lines only count as lines. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  let offset = 0;
  const finish = (): Line | undefined => {
    number += 1;
    const line = readLine(parts, length);
    parts = [];
    length = 0;
    return line.text?.trim() === "" ? undefined : { number, endByte: offset, ...line };
  };
  for await (const given of chunks) {
    const chunk = typeof given === "string" ? Buffer.from(given) : given;
    let from = 0;
    while (from < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, from);
      const part = chunk.subarray(from, newline === -1 ? chunk.length : newline);
      length += part.length;
      if (length <= MAX_LINE_BYTES) parts.push(part);
      else parts = [];
      offset += part.length + (newline === -1 ? 0 : 1);
      from += part.length + 1;
      const line = newline === -1 ? undefined : finish();
      if (line) yield line;
    }
  }
  const last = length === 0 ? undefined : finish();
  if (last) yield last;
}

function readLine(parts: readonly Uint8Array[], length: number): Pick<Line, "text" | "problem"> {
  if (length > MAX_LINE_BYTES) {
    return { text: undefined, problem: `The line is longer than ${MAX_LINE_BYTES} bytes.` };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts)) };
  } catch {
    return { text: undefined, problem: "The line is not valid UTF-8." };
  }
}
