import { CLAIMING } from "./cell/scenarios.ts";
import { testTables } from "./tables.ts";

testTables(CLAIMING);
