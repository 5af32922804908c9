import { NATURALS } from "./scenes.ts";
import { testTables } from "./tables.ts";

testTables(NATURALS);
