import { expect, it } from "vitest";
import { problemResponse } from "../../../../shared/http/problem.ts";

it("responds in the format of RFC 9457", async () => {
  const response = problemResponse({
    status: 400,
    code: "invalid",
    title: "Invalid",
    detail: "Send an id.",
    problems: [{ path: "id", message: "is missing" }],
  });
  expect(response.status).toBe(400);
  expect([...response.headers]).toEqual([["content-type", "application/problem+json"]]);
  expect(await response.json()).toEqual({
    type: "about:blank",
    status: 400,
    code: "invalid",
    title: "Invalid",
    detail: "Send an id.",
    problems: [{ path: "id", message: "is missing" }],
  });
});

it("adds the given headers", () => {
  const response = problemResponse({ status: 503, code: "away", title: "Away" }, { "Retry-After": "5" });
  expect(response.headers.get("retry-after")).toBe("5");
  expect(response.headers.get("content-type")).toBe("application/problem+json");
});
