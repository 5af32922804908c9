import { CLAIMING } from "./scenes.ts";
import { testTables } from "./tables.ts";

testTables(CLAIMING);
