import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";

/** A task, and what can be done about it. */
export function addTasks(_app: Hono<ConsoleEnv>, _console: Console): void {}
