import { once } from "node:events";
import { styleText } from "node:util";
import type { Surroundings } from "../surroundings.ts";
import { plainJson } from "./plain.ts";
import { type Column, tableLines } from "./table.ts";

type Style = Parameters<typeof styleText>[0];

/** A command's output: text on a terminal, otherwise one line of JSON for each result. */
export interface Output {
  /** Whether results are lines of JSON. */
  readonly isJson: boolean;
  /** Writes one result. `describe` returns its lines for a terminal. */
  one(value: object, describe: () => readonly string[]): Promise<void>;
  /** Writes results of one kind, given in lists. A terminal gets them as one table with one heading. */
  rows<Row extends object>(
    lists: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>,
    columns: readonly Column<Row>[],
    options: { readonly none: string },
  ): Promise<void>;
  /** Writes a line of text on a terminal, and nothing elsewhere. */
  text(line: string): Promise<void>;
  /** Writes a sentence for the person watching to stderr, whatever stdout is. */
  note(sentence: string): void;
  /** Adds a colour or weight to a text if the terminal supports it and NO_COLOR isn't set. */
  readonly paint: (style: Style, text: string) => string;
}

/** @param forcesJson whether to write JSON on a terminal, too. */
export function createOutput({ stdout, stderr, env, signal }: Surroundings, forcesJson: boolean): Output {
  const isJson = forcesJson || stdout.isTTY !== true;
  const hasColour = !isJson && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const write = async (line: string): Promise<void> => {
    signal.throwIfAborted();
    if (!stdout.write(`${line}\n`)) await once(stdout, "drain", { signal });
  };
  const paint = (style: Style, text: string): string =>
    hasColour ? styleText(style, text, { validateStream: false }) : text;
  return {
    isJson,
    paint,
    async one(value, describe) {
      for (const line of isJson ? [plainJson(value)] : describe()) await write(line);
    },
    async rows(lists, columns, { none }) {
      let seen = 0;
      for await (const list of lists) {
        const lines = isJson
          ? list.map(plainJson)
          : tableLines(list, columns, { head: seen === 0 && list.length > 0, bold: (text) => paint("bold", text) });
        for (const line of lines) await write(line);
        seen += list.length;
      }
      if (seen === 0 && !isJson) await write(none);
    },
    async text(line) {
      if (!isJson) await write(line);
    },
    note(sentence) {
      stderr.write(`${sentence}\n`);
    },
  };
}
