import { expect, it } from "vitest";
import { AbortCalls } from "../../../services/local/cloud-tasks/abort-calls.ts";

it("calls everyone who was added and not removed, once, when the signal is aborted", () => {
  const calls = new AbortCalls();
  const [one, other] = [new AbortController(), new AbortController()];
  const called: string[] = [];
  const add = (controller: AbortController, name: string): (() => void) => {
    const callback = (): void => void called.push(name);
    calls.add(controller.signal, callback);
    return callback;
  };
  add(one, "first");
  const removed = add(one, "removed");
  add(one, "second");
  add(other, "of another signal");
  calls.remove(one.signal, removed);
  expect(called).toEqual([]);

  one.abort();
  expect(called).toEqual(["first", "second"]);
  other.abort();
  expect(called).toEqual(["first", "second", "of another signal"]);
});
