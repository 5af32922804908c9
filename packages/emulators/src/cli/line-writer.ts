/**
 * Writes lines together, once in each turn of the event loop: under load, a write for each would cost as much as half a
 * delivery. The end of the process, by an uncaught error too, writes what is left.
 */
export function createLineWriter(output: { write(text: string): unknown }): (line: string) => void {
  let waiting = "";
  const flush = (): void => {
    const text = waiting;
    waiting = "";
    if (text !== "") output.write(text);
  };
  process.on("exit", flush);
  return (line) => {
    if (waiting === "") setImmediate(flush);
    waiting += line;
  };
}
