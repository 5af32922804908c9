import type { Hono } from "hono";
import type { Console } from "../console.ts";
import type { ConsoleEnv } from "./console-env.ts";

/** A file's path changes with its content. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** Serves the files that pages load. They are the same for everybody, so this asks for no identity. */
export function addAssets(app: Hono<ConsoleEnv>, { assets }: Pick<Console, "assets">): void {
  for (const { path, type, body } of [assets.script, assets.style, assets.icon]) {
    app.get(path, (context) => context.body(body, 200, { "content-type": type, "cache-control": FOR_EVER }));
  }
}
