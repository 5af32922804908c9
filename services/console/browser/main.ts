/** The pages' script. Each page also works without it. */
import { copyOnClick } from "./copy.ts";
import { findInJson } from "./find-in-json.ts";
import { keyboard } from "./keyboard.ts";
import { startLive } from "./live.ts";
import { keepRelativeTimesCurrent } from "./times.ts";

copyOnClick();
findInJson();
keyboard();
keepRelativeTimesCurrent();
startLive();
