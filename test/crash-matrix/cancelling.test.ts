import { CANCELS } from "./cell/scenarios.ts";
import { testTables } from "./tables.ts";

testTables(CANCELS);
