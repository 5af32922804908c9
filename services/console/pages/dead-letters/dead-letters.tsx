import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { addFittingPages } from "./matching/replay-matching-pages.tsx";
import { addDeletePage } from "./letter/delete-page.tsx";
import { addLetterPage } from "./letter/letter-page.tsx";
import { addLettersPage } from "./list/letters-page.tsx";
import { addReplayPages } from "./replay/replay-pages.tsx";
import { addSelectedPages } from "./selected/selected-page.tsx";

/** Dead letters and the actions on them. */
export function addDeadLetters(app: Hono<ConsoleEnv>, console: Console): void {
  addLettersPage(app, console);
  addLetterPage(app, console);
  addReplayPages(app, console);
  addDeletePage(app, console);
  addSelectedPages(app, console);
  addFittingPages(app, console);
}
