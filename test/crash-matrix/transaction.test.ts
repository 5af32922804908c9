import { TRANSACTIONS } from "./cell/scenarios.ts";
import { testTables } from "./tables.ts";

testTables(TRANSACTIONS);
