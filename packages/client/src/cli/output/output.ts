import { once } from "node:events";
import { styleText } from "node:util";
import type { Surroundings } from "../surroundings.ts";
import { plainJson } from "./plain.ts";
import { type Column, tableLines } from "./table.ts";

type Style = Parameters<typeof styleText>[0];

/** Where a command's results go: a terminal gets text, anything else a line of JSON for each. */
export interface Output {
  /** Whether results are lines of JSON. */
  readonly isJson: boolean;
  /** One result. `describe` makes its lines for a terminal. */
  one(value: object, describe: () => readonly string[]): Promise<void>;
  /** Results of one kind, as the lists that an iterable brings. A terminal gets one table of each list, under one head. */
  rows<Row extends object>(
    lists: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>,
    columns: readonly Column<Row>[],
    options: { readonly none: string },
  ): Promise<void>;
  /** A line of text for a terminal. Nothing is written elsewhere. */
  text(line: string): Promise<void>;
  /** A sentence for whoever watches, on stderr, whatever stdout is. */
  note(sentence: string): void;
  /** Gives a text a colour or a weight, where the terminal shows them and NO_COLOR doesn't forbid it. */
  readonly paint: (style: Style, text: string) => string;
}

/** @param forcesJson whether a terminal gets JSON, too. */
export function createOutput({ stdout, stderr, env }: Surroundings, forcesJson: boolean): Output {
  const isJson = forcesJson || stdout.isTTY !== true;
  const hasColour = !isJson && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const write = async (line: string): Promise<void> => {
    if (!stdout.write(`${line}\n`)) await once(stdout, "drain");
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
