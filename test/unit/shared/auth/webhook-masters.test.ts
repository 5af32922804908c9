import { expect, it } from "vitest";
import { readMasters } from "../../../../shared/auth/webhook-masters.ts";

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

it.each([24, 25, 26, 32, 63, 64])("reads a secret of %i bytes", (bytes) => {
  expect(readMasters(secretOf(bytes))).toEqual({ ok: true, masters: [Buffer.alloc(bytes, 7)] });
});

it("reads two, in order", () => {
  const read = readMasters(`${secretOf(24)} ${secretOf(64)}`);
  expect(read.ok && read.masters.map(({ length }) => length)).toEqual([24, 64]);
});

const FORM = "must be whsec_ and 24 to 64 bytes in base64";

it.each([
  [secretOf(0), `${FORM}; it has 0 bytes`],
  [secretOf(1), `${FORM}; it has 1 byte`],
  [secretOf(23), `${FORM}; it has 23 bytes`],
  [secretOf(65), `${FORM}; it has 65 bytes`],
  [secretOf(4_096), `${FORM}; it has 4096 bytes`],
  [`${secretOf(1)} ${secretOf(32)}`, `${FORM}; the first has 1 byte`],
  [`${secretOf(32)} ${secretOf(65)}`, `${FORM}; the second has 65 bytes`],
  [
    `${secretOf(32)} ${secretOf(32)} ${secretOf(32)}`,
    "must be one secret, or two with a space between them, and has 3",
  ],
])("refuses %j and says how long it is", (text, problem) => {
  expect(readMasters(text)).toEqual({ ok: false, problem });
});

it.each([
  "",
  "whsec",
  secretOf(32).slice("whsec_".length),
  secretOf(32).replace("whsec_", "whsk_"),
  secretOf(32).replace("whsec_", "WHSEC_"),
  secretOf(25).replaceAll("=", ""),
  `${secretOf(24)}=`,
  `${secretOf(32)}\n`,
  `${secretOf(24)}!`,
  `whsec_${"_".repeat(32)}`,
  // The last digit has bits that no byte takes.
  `whsec_${"A".repeat(42)}B=`,
])("refuses %j, which is not in that form, and doesn't quote it", (text) => {
  expect(readMasters(text)).toEqual({ ok: false, problem: `${FORM}; it is something else` });
});

it.each([` ${secretOf(32)}`, `${secretOf(32)} `, `${secretOf(32)}  ${secretOf(32)}`])("refuses %j", (text) => {
  expect(readMasters(text).ok).toBe(false);
});
