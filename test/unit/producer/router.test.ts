import { expect, test } from "vitest";
import { ProducerRouter } from "../../../services/producer/router.ts";

test("a path without parameters finds the handlers of its method, however often it is asked for", () => {
  const router = new ProducerRouter<string>();
  router.add("ALL", "/*", "every request");
  router.add("GET", "/tasks/batch", "read");
  router.add("POST", "/tasks/batch", "create");
  router.add("POST", "/tasks/:id", "change");
  const found = (method: string, path: string): string[] => router.match(method, path)[0].map(([handler]) => handler);

  for (let times = 0; times < 2; times++) {
    expect(found("GET", "/tasks/batch")).toEqual(["every request", "read"]);
    expect(found("POST", "/tasks/batch")).toEqual(["every request", "create", "change"]);
    expect(found("POST", "/tasks/7")).toEqual(["every request", "change"]);
    expect(found("PUT", "/tasks/batch")).toEqual(["every request"]);
  }
});
