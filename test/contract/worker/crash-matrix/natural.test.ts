import { describe } from "vitest";
import { NATURALS } from "./scenes.ts";
import { testTables } from "./tables.ts";

describe("the worker", () => testTables(NATURALS));
