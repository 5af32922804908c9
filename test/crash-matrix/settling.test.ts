import { SETTLING } from "./scenes.ts";
import { testTables } from "./tables.ts";

testTables(SETTLING);
