/** Prints lines soon. */
export interface Printer {
  readonly print: (line: string) => void;
  /** Writes what is left, before the process ends. */
  readonly flush: () => void;
}

/**
 * Collects the lines of one turn of the event loop and writes them together: each write waits for the terminal, or for
 * whoever reads the pipe.
 *
 * @param write writes text at once.
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
