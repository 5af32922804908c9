import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { createPrinter } from "../../../services/local/printer.ts";

function setup() {
  const written: string[] = [];
  return { written, ...createPrinter((text) => void written.push(text)) };
}

it("writes the lines of one event loop iteration together", async () => {
  const { print, written } = setup();
  print("one");
  print("two");
  await nextTurn();
  print("three");
  await nextTurn();
  expect(written).toEqual(["one\ntwo\n", "three\n"]);
});

it("writes the remaining lines when it is flushed, and nothing twice", async () => {
  const { print, flush, written } = setup();
  print("last words");
  flush();
  flush();
  await nextTurn();
  expect(written).toEqual(["last words\n"]);
});
