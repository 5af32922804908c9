import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { messages, newJournalPath, openLedger, stored } from "./ledger.ts";

it("starts empty, in a folder that it creates", async () => {
  const ledger = await openLedger();
  expect(ledger.state.size).toBe(0);
  // The checksums are those of zlib elsewhere: python3 -c 'import zlib; print("%08x" % zlib.crc32(b"…"))'
  expect(fs.readFileSync(ledger.path, "utf8")).toBe(
    '00565ef1 journal {"version":2}\n8429d99c end {"entries":0,"next":1}\n',
  );
});

it("reads the entries back, oldest first", async () => {
  const ledger = await openLedger();
  for (const [index, value] of ["a\nb\u2028c", null, [1.5, { é: true }], 0].entries()) ledger.set(`k${index}`, value);
  ledger.set("k0", "later");
  await ledger.close();
  expect(await stored(ledger.path)).toEqual({ k0: "later", k1: null, k2: [1.5, { é: true }], k3: 0 });
});

it("has an entry in the file when append returns", async () => {
  const ledger = await openLedger();
  ledger.set("a", 1);
  expect(fs.readFileSync(ledger.path, "utf8")).toContain(' 1 {"key":"a","value":1}\n');
});

it("appends to the entries of earlier runs", async () => {
  const file = newJournalPath();
  for (const key of ["a", "b", "c"]) {
    const ledger = await openLedger(file);
    ledger.set(key, 1);
    await ledger.close();
  }
  expect(await stored(file)).toEqual({ a: 1, b: 1, c: 1 });
});

it("discards the entries of earlier runs when asked for a fresh start", async () => {
  const first = await openLedger();
  first.set("a", 1);
  await first.close();
  expect((await openLedger(first.path, { fresh: true })).state.size).toBe(0);
});

it("reads lines that span several chunks, with characters across their edges", async () => {
  const long = { a: "x", b: "é".repeat(1_500_000), c: "€".repeat(1_000_000), d: "y" };
  const ledger = await openLedger();
  for (const [key, value] of Object.entries(long)) ledger.set(key, value);
  await ledger.close();
  expect(await stored(ledger.path)).toEqual(long);
});

it("leaves nothing in the folder but itself and an empty lock", async () => {
  const ledger = await openLedger();
  ledger.set("a", 1);
  await ledger.close();
  const folder = path.dirname(ledger.path);
  expect(fs.readdirSync(folder).toSorted()).toEqual(["ledger.jsonl", "ledger.lock"]);
  expect(fs.statSync(path.join(folder, "ledger.lock")).size).toBe(0);
});

it("stores nothing once it is closed", async () => {
  const ledger = await openLedger();
  await ledger.close();
  expect(() => ledger.set("late", 1)).toThrow("The emulator is stopping.");
  expect(await stored(ledger.path)).toEqual({});
});

it("reads a file of the first version, which had no checksums, and writes it again with them", async () => {
  const { path: file } = await openLedger().then(async (ledger) => (await ledger.close(), ledger));
  fs.writeFileSync(file, '{"key":"a","value":1}\n{"key":"b","value":"é"}\n{"key":"a","value":2}\n');
  const upgraded = await openLedger(file);
  expect(Object.fromEntries(upgraded.state)).toEqual({ a: 2, b: "é" });
  expect(fs.readFileSync(file, "utf8").split("\n")).toHaveLength(5);
  upgraded.set("c", 3);
  await upgraded.close();
  expect(await stored(file)).toEqual({ a: 2, b: "é", c: 3 });
});

it.each(['{"key":"c"', "{", '{"key":"caf\u00c3'])(
  "drops %j at the end of a file of the first version, with a warning",
  async (torn) => {
    const { path: file } = await openLedger().then(async (ledger) => (await ledger.close(), ledger));
    fs.writeFileSync(file, `{"key":"a","value":1}\n${torn}`);
    const ledger = await openLedger(file);
    expect(Object.fromEntries(ledger.state)).toEqual({ a: 1 });
    expect(messages(ledger)).toEqual(["warn: dropped the journal's last line, which a kill cut off"]);
  },
);
