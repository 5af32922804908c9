import { SETTLING } from "./cell/scenarios.ts";
import { testTables } from "./tables.ts";

testTables(SETTLING);
