import { it } from "vitest";
import { cellsToDocument, document, documentedCells, tableOf } from "./document.ts";
import { measureScene } from "./measure.ts";
import type { Scene } from "./cell/scenarios.ts";

/** A table takes seconds, and minutes on a machine that is busy. */
const TIMEOUT_MS = 480_000;

/** Registers the tests of some tables: nothing happened that must not, and the document says what did. */
export function testTables(scenes: readonly Scene[]): void {
  it.concurrent.for(scenes)("holds whatever goes wrong: $title", { timeout: TIMEOUT_MS }, async (scene, { expect }) => {
    const { rows, violations } = await measureScene(scene);
    const cells = cellsToDocument(rows);
    if (process.env["CRASH_MATRIX"] === "write") document(scene.title, cells);
    if (process.env["CRASH_MATRIX"] === "print") process.stdout.write(`${tableOf(scene.title, cells)}\n`);

    expect(violations).toEqual([]);
    expect(cells).toEqual(documentedCells(scene.title));
  });
}
