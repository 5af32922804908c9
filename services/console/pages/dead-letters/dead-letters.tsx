import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { addLettersPage } from "./list/letters-page.tsx";

/** Dead letters, and what can be done about them. */
export function addDeadLetters(app: Hono<ConsoleEnv>, console: Console): void {
  addLettersPage(app, console);
}
