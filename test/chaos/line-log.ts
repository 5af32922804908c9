import fs from "node:fs";
import path from "node:path";

/** An append-only file of JSON lines. Each line has reached the operating system before `write` returns. */
export interface LineLog {
  write(line: object): void;
}

/** Opens a log for appending and creates its folder if needed. */
export function openLineLog(file: string): LineLog {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const descriptor = fs.openSync(file, "a");
  return { write: (line) => void fs.writeSync(descriptor, `${JSON.stringify(line)}\n`) };
}

/** The lines of a log, without an incomplete last one, as a kill leaves it. Empty if there is no file. */
export function readLineLog(file: string): unknown[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line): unknown => JSON.parse(line));
}
