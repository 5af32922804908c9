import { expect, it } from "vitest";
import { DeliverySlots } from "../../../../src/cloud-tasks/dispatch/delivery-slots.ts";

/** Slots that are all taken, and takers that note when one is free. */
function fullHouse(limit: number) {
  const slots = new DeliverySlots(limit);
  for (let taken = 0; taken < limit; taken++) slots.take();
  const called: string[] = [];
  const taker = (name: string, takes: boolean) => () => {
    called.push(name);
    if (takes) slots.take();
  };
  return { slots, called, taker };
}

it("calls those who wait, in the order in which they came", () => {
  const { slots, called, taker } = fullHouse(1);
  expect(slots.isFree(taker("first", true))).toBe(false);
  expect(slots.isFree(taker("second", true))).toBe(false);
  slots.release();
  expect(called).toEqual(["first"]);
  slots.release();
  expect(called).toEqual(["first", "second"]);
});

it("calls the next one when the first doesn't take the slot", () => {
  const { slots, called, taker } = fullHouse(1);
  slots.isFree(taker("idle", false));
  slots.isFree(taker("busy", true));
  slots.release();
  expect(called).toEqual(["idle", "busy"]);
});

it("calls nobody twice", () => {
  const { slots, called, taker } = fullHouse(1);
  const once = taker("once", false);
  slots.isFree(once);
  slots.isFree(once);
  slots.release();
  slots.take();
  slots.release();
  expect(called).toEqual(["once"]);
});

it("has no free slot until those beyond the limit are released too", () => {
  const { slots } = fullHouse(1);
  slots.take();
  slots.release();
  expect(slots.isFree(() => {})).toBe(false);
  slots.release();
  expect(slots.isFree(() => {})).toBe(true);
});
