import { expect, it, vi } from "vitest";
import { Unstored } from "../../../src/cloud-tasks/state/unstored.ts";
import { notStored } from "../../../src/kernel/journal/not-stored-error.ts";

/** Something to store on a disk that is full until it isn't. */
function setup() {
  const disk = { isFull: true };
  const stored: string[] = [];
  const unstored = new Unstored();
  const store = (what: string) => (): void => {
    if (disk.isFull) throw notStored("file", new Error("full"));
    stored.push(what);
  };
  return { disk, stored, unstored, store };
}

it("stores at once what it can", () => {
  const { disk, stored, unstored, store } = setup();
  disk.isFull = false;
  expect(unstored.storeSoon({}, store("a"))).toBeUndefined();
  expect(stored).toEqual(["a"]);
});

it("stores the rest in order, as soon as something else could be stored", async () => {
  const { disk, stored, unstored, store } = setup();
  const soon = ["a", "b", "c"].map((what) => unstored.storeSoon({}, store(what)));
  unstored.retry();
  expect(stored).toEqual([]);
  disk.isFull = false;
  unstored.retry();
  expect(stored).toEqual(["a", "b", "c"]);
  expect(await Promise.all(soon.map(async (each) => await each))).toEqual([true, true, true]);
});

it("forgets what is given up", async () => {
  const { disk, stored, unstored, store } = setup();
  const key = {};
  const soon = unstored.storeSoon(key, store("a"));
  unstored.giveUp(key);
  disk.isFull = false;
  unstored.retry();
  expect(await soon).toBe(false);
  expect(stored).toEqual([]);
});

it("has room for 500, and says when it has room again", () => {
  const { disk, unstored, store } = setup();
  const whenThereIs = vi.fn<() => void>();
  for (let n = 0; n < 499; n++) void unstored.storeSoon({}, store(`${n}`));
  expect(unstored.hasRoom(whenThereIs)).toBe(true);
  void unstored.storeSoon({}, store("last"));
  expect(unstored.hasRoom(whenThereIs)).toBe(false);
  unstored.retry();
  expect(whenThereIs).not.toHaveBeenCalled();
  disk.isFull = false;
  unstored.retry();
  expect(whenThereIs).toHaveBeenCalledOnce();
  expect(unstored.hasRoom(whenThereIs)).toBe(true);
});

it("reports an error of another kind to whoever waits, and goes on with the others", async () => {
  const { disk, stored, unstored, store } = setup();
  let isBroken = false;
  const failing = unstored.storeSoon({}, () => {
    if (isBroken) throw new RangeError("a bug");
    store("never")();
  });
  const soon = unstored.storeSoon({}, store("b"));
  isBroken = true;
  disk.isFull = false;
  unstored.retry();
  await expect(failing).rejects.toThrow("a bug");
  expect(await soon).toBe(true);
  expect(stored).toEqual(["b"]);
});
