import type { Hono } from "hono";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import type { Console } from "../../console.ts";
import type { ConsoleContext, ConsoleEnv } from "../../http/console-env.ts";
import { respondWithPage } from "../../layout/page.tsx";
import { taskPage, typePage } from "../../parts/task-id.tsx";
import { findByKey } from "./find-by-key.ts";
import { type Searched, SearchPage } from "./search-page.tsx";
import { type Query, readWanted } from "./wanted.ts";

/** A longer text, in characters, can't be anything searchable. A key has at most 255. */
const MAX_TEXT_LENGTH = 1_000;

/** Finds a task's page from an id, a type, or an idempotency key with its type and caller. */
export function addSearch(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/search", async (context) => {
    const query = readQuery(context);
    const wanted = readWanted(query.text);
    if (wanted.kind === "task" && query.type === "") return context.redirect(taskPage(wanted.id), 302);
    const types = await context.get("reads").taskTypes();
    if (query.type === "" && types.some(({ type }) => type === query.text)) {
      return context.redirect(typePage(query.text), 302);
    }
    const outcome = await search(context, query, types);
    if (outcome.kind === "found") return context.redirect(taskPage(outcome.id), 302);
    const page = <SearchPage query={query} types={types} wanted={wanted} outcome={outcome} />;
    return await respondWithPage(context, console, { title: "Search" }, page);
  });
}

function readQuery(context: ConsoleContext): Query {
  const given = (name: string): string => (context.req.query(name) ?? "").trim().slice(0, MAX_TEXT_LENGTH);
  const caller = context.req.query("caller") === undefined ? context.get("person").email : given("caller");
  return { text: given("q"), type: given("type"), caller };
}

async function search(
  context: ConsoleContext,
  { text, type: name, caller }: Query,
  types: readonly TaskTypeInfo[],
): Promise<Searched> {
  if (name === "" || text === "") return { kind: "not-searched" };
  const type = types.find((one) => one.type === name);
  if (!type) return { kind: "unknown-type" };
  // It can't be a key or a part of an id.
  if (!VISIBLE_ASCII.test(text) || caller.includes("\0")) return { kind: "no-key" };
  return await findByKey({ idempotencyKey: text, caller }, type, context.get("api"));
}

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;
