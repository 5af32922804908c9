import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";

/** Dead letters, and what can be done about them. */
export function addDeadLetters(_app: Hono<ConsoleEnv>, _console: Console): void {}
