import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";

/** A queue, and the tasks that are in it. */
export function addQueues(_app: Hono<ConsoleEnv>, _console: Console): void {}
