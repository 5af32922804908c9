import { describe } from "vitest";
import { TRANSACTIONS } from "./scenes.ts";
import { testTables } from "./tables.ts";

describe("the worker", () => testTables(TRANSACTIONS));
