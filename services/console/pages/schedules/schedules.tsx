import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";

/** Schedules, and what can be done about them. */
export function addSchedules(_app: Hono<ConsoleEnv>, _console: Console): void {}
