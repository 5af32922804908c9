import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ENDPOINTS } from "../../../services/producer/access/endpoints.ts";

const PAGE = fs.readFileSync(path.resolve(import.meta.dirname, "../../../docs/api.md"), "utf8");

test("docs/api.md has a row for each endpoint, and for no others", () => {
  const listed = [...PAGE.matchAll(/^\| `(GET|POST|DELETE) (\/v1\/[^`]+)` +\|/gm)].map(
    ([, method, where]) => `${method} ${where}`,
  );
  const served = ENDPOINTS.map(([method, where]) => `${method} ${where.replaceAll(/:(\w+)/g, "{$1}")}`);

  expect(listed.toSorted()).toEqual(served.toSorted());
});
