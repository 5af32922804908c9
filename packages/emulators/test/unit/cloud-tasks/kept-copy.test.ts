import * as fc from "fast-check";
import { expect, test } from "vitest";
import { keptCopy } from "../../../src/cloud-tasks/state/kept-copy.ts";

test("makes copies that neither their originals nor each other change", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 30 }), (originals) => {
      const wanted = originals.map((bytes) => Buffer.from(bytes).toString("base64"));
      const copies = originals.map((bytes) => {
        const copy = keptCopy(bytes);
        bytes.fill(0);
        return copy;
      });
      expect(copies.map((copy) => Buffer.from(copy).toString("base64"))).toEqual(wanted);
    }),
  );
});

test("gives short copies a common block, and long ones memory of their own", () => {
  const [first, second] = [keptCopy(new Uint8Array(1)), keptCopy(new Uint8Array(1))];
  expect(second?.buffer).toBe(first?.buffer);
  expect(keptCopy(new Uint8Array(2000)).buffer.byteLength).toBe(2000);
});
