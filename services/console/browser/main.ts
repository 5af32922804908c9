/** What the pages do where there is a script. Each of them works without. */
import { copyOnClick } from "./copy.ts";
import { keyboard } from "./keyboard.ts";
import { startLive } from "./live.ts";
import { keepTimesTrue } from "./times.ts";

copyOnClick();
keyboard();
keepTimesTrue();
startLive();
