import { TRANSACTIONS } from "./scenes.ts";
import { testTables } from "./tables.ts";

testTables(TRANSACTIONS);
