import fs from "node:fs";
import path from "node:path";

/** A file of JSON lines that is only ever appended to. Each line is with the operating system before `write` returns. */
export interface LineLog {
  write(line: object): void;
}

/** Opens a log for appending; its folder is made when there is none. */
export function openLineLog(file: string): LineLog {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const descriptor = fs.openSync(file, "a");
  return { write: (line) => void fs.writeSync(descriptor, `${JSON.stringify(line)}\n`) };
}

/** The lines of a log; a last one without its end, as a kill leaves it, is left out. None where there is no file. */
export function readLineLog(file: string): unknown[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line): unknown => JSON.parse(line));
}
