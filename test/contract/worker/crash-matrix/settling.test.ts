import { describe } from "vitest";
import { SETTLING } from "./scenes.ts";
import { testTables } from "./tables.ts";

describe("the worker", () => testTables(SETTLING));
