import type { Hono } from "hono";
import type { Console } from "../console.ts";
import type { ConsoleEnv } from "./console-env.ts";

/** Their paths change with their contents. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** Serves what pages load. It is the same for everybody, so nobody is asked who he is. */
export function addAssets(app: Hono<ConsoleEnv>, { assets }: Pick<Console, "assets">): void {
  for (const { path, type, body } of [assets.script, assets.style, assets.icon]) {
    app.get(path, (context) => context.body(body, 200, { "content-type": type, "cache-control": FOR_EVER }));
  }
}
