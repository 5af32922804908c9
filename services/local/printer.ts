/** Prints lines with a short delay. */
export interface Printer {
  readonly print: (line: string) => void;
  /** Writes the remaining lines before the process ends. */
  readonly flush: () => void;
}

/**
 * Collects the lines of one event loop iteration and writes them together: each write waits for the terminal or the
 * pipe's reader.
 *
 * @param write writes text immediately.
 */
export function createPrinter(write: (text: string) => void): Printer {
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length === 0) return;
    const text = `${lines.join("\n")}\n`;
    lines = [];
    write(text);
  };
  return {
    print(line) {
      if (lines.length === 0) setImmediate(flush);
      lines.push(line);
    },
    flush,
  };
}
