import type { Hono } from "hono";
import type { Console } from "../../../console.ts";
import type { ConsoleEnv } from "../../../http/console-env.ts";
import { LIST_LIVE_SECONDS, respondWithPage } from "../../../layout/page.tsx";
import { Pager } from "../../../parts/pager.tsx";
import { LETTERS_PATH, filterInQuery, filterQuery } from "../letter-filter.ts";
import { FilterForm } from "./filter-form.tsx";
import { LetterGroups } from "./letter-groups.tsx";
import { LetterRows } from "./letter-rows.tsx";
import { NoLetters } from "./no-letters.tsx";

/** The dead letters that match a filter, newest first. The first page refreshes itself. */
export function addLettersPage(app: Hono<ConsoleEnv>, console: Console): void {
  app.get(LETTERS_PATH, async (context) => {
    const filter = filterInQuery(context);
    const cursor = context.req.query("cursor") || undefined;
    const reads = context.get("reads");
    const [summary, { items, nextCursor }] = await Promise.all([reads.letterSummary(), reads.letters(filter, cursor)]);
    const liveSeconds = cursor === undefined ? LIST_LIVE_SECONDS : undefined;
    return await respondWithPage(
      context,
      console,
      { title: "Dead letters", place: "letters", liveSeconds },
      <>
        <h1>Dead letters</h1>
        <LetterGroups summary={summary} filter={filter} />
        <FilterForm filter={filter} summary={summary} />
        {items.length === 0 ? (
          <NoLetters {...{ filter, summary, isMore: nextCursor !== undefined, producerUrl: console.producerUrl }} />
        ) : (
          <LetterRows letters={items} filter={filter} />
        )}
        <Pager path={LETTERS_PATH} query={filterQuery(filter)} cursor={cursor} nextCursor={nextCursor} />
      </>,
    );
  });
}
