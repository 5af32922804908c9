import { expect, it } from "vitest";
import { DeliveryPlaces } from "../../../src/cloud-tasks/dispatch/delivery-slots.ts";

/** Places of which all are taken, and takers that note when they are told that one is free. */
function fullHouse(limit: number) {
  const places = new DeliveryPlaces(limit);
  for (let taken = 0; taken < limit; taken++) places.take();
  const told: string[] = [];
  const taker = (name: string, takes: boolean) => () => {
    told.push(name);
    if (takes) places.take();
  };
  return { places, told, taker };
}

it("tells those who wait, in the order in which they came", () => {
  const { places, told, taker } = fullHouse(1);
  expect(places.isFree(taker("first", true))).toBe(false);
  expect(places.isFree(taker("second", true))).toBe(false);
  places.release();
  expect(told).toEqual(["first"]);
  places.release();
  expect(told).toEqual(["first", "second"]);
});

it("passes a place on when the one who was told has no use for it", () => {
  const { places, told, taker } = fullHouse(1);
  places.isFree(taker("idle", false));
  places.isFree(taker("busy", true));
  places.release();
  expect(told).toEqual(["idle", "busy"]);
});

it("tells nobody twice", () => {
  const { places, told, taker } = fullHouse(1);
  const once = taker("once", false);
  places.isFree(once);
  places.isFree(once);
  places.release();
  places.take();
  places.release();
  expect(told).toEqual(["once"]);
});

it("has none free again until what was taken beyond the limit is given back too", () => {
  const { places } = fullHouse(1);
  places.take();
  places.release();
  expect(places.isFree(() => {})).toBe(false);
  places.release();
  expect(places.isFree(() => {})).toBe(true);
});
