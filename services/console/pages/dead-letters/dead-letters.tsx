import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { addLettersPage } from "./list/letters-page.tsx";
import { addFittingPages } from "./fitting/fitting-pages.tsx";
import { addSelectedPages } from "./selected/selected-page.tsx";

/** Dead letters, and what can be done about them. */
export function addDeadLetters(app: Hono<ConsoleEnv>, console: Console): void {
  addLettersPage(app, console);
  addSelectedPages(app, console);
  addFittingPages(app, console);
}
