import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";

/** The task types that the producer knows. */
export function addTaskTypes(_app: Hono<ConsoleEnv>, _console: Console): void {}
