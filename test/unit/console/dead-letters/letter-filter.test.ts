import { expect, test } from "vitest";
import {
  describeFilter,
  filterFrom,
  filterQuery,
  isNarrowed,
  listPage,
} from "../../../../services/console/pages/dead-letters/letter-filter.ts";

const from = (given: Readonly<Record<string, string>>) => filterFrom((name) => given[name]);

test("missing and empty values don't restrict a list, and every status but replayed is open", () => {
  expect(isNarrowed(from({}))).toBe(false);
  expect(from({ type: "", status: "all" })).toEqual(from({}));
  expect(from({ status: "replayed" })).toMatchObject({ status: "replayed" });
  expect(isNarrowed(from({ status: "replayed" }))).toBe(false);
  expect(isNarrowed(from({ code: "x" }))).toBe(true);
});

test.for([
  ["2026-05-01T08:00", "2026-05-01T08:00:00Z"],
  ["2026-05-01T08:00:30", "2026-05-01T08:00:30Z"],
  ["2026-05-01T08:00:30.123", "2026-05-01T08:00:30.123Z"],
  ["2026-05-01T08:00:00+02:00", "2026-05-01T08:00:00+02:00"],
  ["2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"],
  ["yesterday", "yesterday"],
] as const)("the time %s is sent as %s", ([typed, sent]) => {
  expect(from({ from: typed, to: typed })).toMatchObject({ from: sent, to: sent });
});

test("an address contains the filter, without the default status", () => {
  expect(listPage(from({}))).toBe("/dead-letters");
  expect(listPage(from({ status: "replayed", code: "a&b=c", type: "x.y" }))).toBe(
    "/dead-letters?type=x.y&code=a%26b%3Dc&status=replayed",
  );
  const filter = from({ status: "replayed", queue: "bulk", from: "2026-05-01T08:00:00Z" });
  expect(filterFrom((name) => filterQuery(filter)[name])).toEqual(filter);
});

test("a filter is described in words", () => {
  expect(describeFilter(from({}))).toBeUndefined();
  expect(describeFilter(from({ type: "a.b", code: "c", to: "2026-05-01T08:00:00Z" }))).toBe(
    "type a.b, code c, died before 2026-05-01T08:00:00Z",
  );
});
