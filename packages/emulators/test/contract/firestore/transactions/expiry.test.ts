import { expect, it } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { setupRaw } from "../support/harness.ts";
import { startOurs } from "../support/our-emulator.ts";
import { isPending } from "../support/transactions/pending.ts";
import { begin, commit, readTexts } from "../support/transactions/raw-transaction.ts";

const EXPIRED = { code: 3, details: "The referenced transaction has expired or is no longer valid." };

async function setup() {
  const clock = new VirtualClock();
  const { address } = await startOurs({ clock });
  return { clock, raw: setupRaw(address) };
}

it("expires a transaction that has been idle for 60 seconds, and applies nothing", async () => {
  const { clock, raw } = await setup();
  const transaction = await begin(raw);
  await transaction.read("c/a");
  await clock.advance(60_000);
  await expect(transaction.commit({ path: "c/a", fields: {} })).rejects.toMatchObject(EXPIRED);
  expect(await readTexts(raw, ["c/a"])).toEqual([null]);
});

it("keeps a transaction that is used every minute, until it is 270 seconds old", async () => {
  const { clock, raw } = await setup();
  const transaction = await begin(raw);
  for (let i = 0; i < 5; i++) {
    await clock.advance(50_000);
    await transaction.read("c/a");
  }
  await clock.advance(20_000);
  await expect(transaction.commit({ path: "c/a", fields: {} })).rejects.toMatchObject(EXPIRED);
  expect(await readTexts(raw, ["c/a"])).toEqual([null]);
});

it("releases the locks of an expired transaction to those who wait", async () => {
  const { clock, raw } = await setup();
  const holder = await begin(raw);
  await holder.read("c/a");
  await clock.advance(50_000);
  const writing = commit(raw, [{ path: "c/a", fields: { by: "outside" } }]);
  expect(await isPending(writing, raw)).toBe(true);
  await clock.advance(10_000);
  await writing;
  expect(await readTexts(raw, ["c/a"])).toEqual([{ by: "outside" }]);
});

it("expires read-only transactions too", async () => {
  const { clock, raw } = await setup();
  const transaction = await begin(raw, { readOnly: true });
  await clock.advance(60_000);
  await expect(transaction.read("c/a")).rejects.toMatchObject(EXPIRED);
});

it("reads up to an hour back and no further", async () => {
  const { clock, raw } = await setup();
  const [{ commitTime }] = await raw.client.commit({
    database: raw.database,
    writes: [{ update: { name: raw.name("c/a"), fields: { v: { stringValue: "old" } } } }],
  });
  await clock.advance(1_000);
  await commit(raw, [{ path: "c/a", fields: { v: "new" } }]);

  const past = { name: raw.name("c/a"), readTime: commitTime ?? null };
  await clock.advance(3_599_000);
  expect((await raw.client.getDocument(past))[0].fields?.["v"]?.stringValue).toBe("old");
  await clock.advance(1);
  await expect(raw.client.getDocument(past)).rejects.toMatchObject({ code: 9 });
  expect(await readTexts(raw, ["c/a"])).toEqual([{ v: "new" }]);
});
