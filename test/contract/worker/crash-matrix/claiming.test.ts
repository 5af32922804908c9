import { describe } from "vitest";
import { CLAIMING } from "./scenes.ts";
import { testTables } from "./tables.ts";

describe("the worker", () => testTables(CLAIMING));
