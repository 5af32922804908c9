import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";

/** Leads from what somebody knows of a task to its page. */
export function addSearch(_app: Hono<ConsoleEnv>, _console: Console): void {}
