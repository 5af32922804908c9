import type { Hono } from "hono";
import type { Console } from "../../../console.ts";
import type { ConsoleContext, ConsoleEnv } from "../../../http/console-env.ts";
import { textFields } from "../../../http/form.ts";
import { redirectWithNotice } from "../../../http/notice.ts";
import { respondWithPage } from "../../../layout/page.tsx";
import { type ShownFilter, filterInForm, filterInQuery, listPage } from "../letter-filter.ts";
import { actOnEach } from "./act-on-each.ts";
import { ConfirmSelected } from "./confirm-selected.tsx";
import { SelectedOutcome } from "./selected-outcome.tsx";
import { type SelectedAction, DELETE, REPLAY } from "./selected-actions.ts";
import { MAX_SELECTED, letterInField, readSelected } from "./selected-letters.ts";
import { LETTER_FIELD } from "./selected-paths.ts";

/** Asks for confirmation of an action on the selected letters, and does it. */
export function addSelectedPages(app: Hono<ConsoleEnv>, console: Console): void {
  for (const action of [REPLAY, DELETE]) {
    app.get(action.path, (context) => ask(action, context, console));
    app.post(action.path, (context) => act(action, context, console));
  }
}

async function ask(action: SelectedAction, context: ConsoleContext, console: Console): Promise<Response> {
  const ids = [...new Set(context.req.queries(LETTER_FIELD))];
  const filter = filterInQuery(context);
  if (ids.length === 0 || ids.length > MAX_SELECTED) return await refuse(ids.length, { filter, context, console });
  const asked = await readSelected(ids, context.get("api"));
  const head = { title: action.title, place: "letters" } as const;
  return await respondWithPage(context, console, head, <ConfirmSelected {...{ action, asked, filter }} />);
}

async function act(action: SelectedAction, context: ConsoleContext, console: Console): Promise<Response> {
  const letters = (await textFields(context, LETTER_FIELD)).map(letterInField);
  const filter = await filterInForm(context);
  if (letters.length === 0 || letters.length > MAX_SELECTED) {
    return await refuse(letters.length, { filter, context, console });
  }
  const api = context.get("api");
  const outcomes = await actOnEach(letters, (letter) => action.act(letter, api), console.clock);
  const count = outcomes.filter(({ kind }) => kind === "done").length;
  const did = `${action.did} ${count} of ${letters.length} selected dead letters.`;
  if (outcomes.every(({ kind }) => kind === "done")) {
    return redirectWithNotice(context, { page: listPage(filter), did: action.didAll(letters.length) });
  }
  context.set("did", did);
  const results = letters.map((letter, at) => ({ letter, outcome: outcomes[at] ?? ({ kind: "left" } as const) }));
  const head = { title: did, place: "letters" } as const;
  return await respondWithPage(context, console, head, <SelectedOutcome {...{ action, results, filter, did }} />);
}

async function refuse(
  count: number,
  on: { readonly filter: ShownFilter; readonly context: ConsoleContext; readonly console: Console },
): Promise<Response> {
  const { filter, context, console } = on;
  const title = count === 0 ? "No dead letter is selected" : "Too many dead letters are selected";
  return await respondWithPage(
    context,
    console,
    { title, place: "letters", status: 400 },
    <section class="failure">
      <h1>{title}</h1>
      <p>
        {count === 0
          ? "Select letters in the list."
          : `Select at most ${MAX_SELECTED}, or narrow the list down and replay all that match.`}
      </p>
      <p>
        <a href={listPage(filter)}>Back to the list</a>
      </p>
    </section>,
  );
}
