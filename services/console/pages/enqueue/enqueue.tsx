import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";

/** A form that enqueues a task of any type. */
export function addEnqueue(_app: Hono<ConsoleEnv>, _console: Console): void {}
