import { NATURALS } from "./cell/scenarios.ts";
import { testTables } from "./tables.ts";

testTables(NATURALS);
