import { describe, expect, it } from "vitest";
import { measureScene } from "./crash-matrix/measure.ts";
import { SCENES } from "./crash-matrix/scenes.ts";

describe("the crash matrix", () => {
  it.concurrent.for(SCENES.filter((s) => !process.env["SCENE"] || s.title.includes(process.env["SCENE"])))("$title", { timeout: 200_000 }, async (scene, { expect }) => {
    const t = performance.now();
    const rows = await measureScene(scene);
    let text = scene.title + " " + (performance.now() - t).toFixed(0) + "ms\n";
    const bad: string[] = [];
    for (const row of rows) {
      text += "  " + row.fault.padEnd(26) + " | " + row.cells.map((c) => c.entry.padEnd(22)).join(" | ") + "\n";
      for (const [i, c] of row.cells.entries()) for (const v of c.violations) bad.push(`${scene.title} × ${row.fault} × ${i}: ${v}`);
    }
    process.stderr.write(text);
    expect(bad).toEqual([]);
  });
});
