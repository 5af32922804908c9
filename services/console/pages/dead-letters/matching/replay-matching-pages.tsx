import type { Hono } from "hono";
import type { LetterFilter } from "../../../../../packages/client/src/views/dead-letter.ts";
import type { Console } from "../../../console.ts";
import type { ConsoleContext, ConsoleEnv } from "../../../http/console-env.ts";
import { textField, textFields } from "../../../http/form.ts";
import { redirectWithNotice } from "../../../http/notice.ts";
import { respondWithPage } from "../../../layout/page.tsx";
import { formatCount } from "../../../parts/numbers.ts";
import { countLetters } from "../count-letters.ts";
import { type ShownFilter, filterInForm, filterInQuery, listPage } from "../letter-filter.ts";
import { ConfirmReplayMatching } from "./confirm-replay-matching.tsx";
import { tryReplayAll } from "./dry-run.ts";
import { REPLAY_MATCHING_PATH } from "./replay-matching-path.ts";
import { ReplayMatchingOutcome } from "./replay-matching-outcome.tsx";
import { replayPages } from "./replay-pages.ts";

/** Says what replaying all matching letters would do, and does it in steps, each as long as a person waits. */
export function addFittingPages(app: Hono<ConsoleEnv>, console: Console): void {
  app.get(REPLAY_MATCHING_PATH, (context) => ask(context, console));
  app.post(REPLAY_MATCHING_PATH, (context) => act(context, console));
}

/** How many letters the confirmation shows. */
const SHOWN = 10;

async function ask(context: ConsoleContext, console: Console): Promise<Response> {
  const shown = filterInQuery(context);
  const filter = { ...shown, status: "open", to: endOf(shown, console.clock.now()) } as const;
  const api = context.get("api");
  const [dryRun, first] = await Promise.all([
    tryReplayAll(replayable(filter), api, console.clock),
    api.deadLetters.page(filter, { limit: SHOWN }),
  ]);
  const back = listPage({ ...shown, status: "open" });
  const head = { title: "Replay all that match?", place: "letters" } as const;
  const letters = first.items;
  return await respondWithPage(
    context,
    console,
    head,
    <ConfirmReplayMatching {...{ filter, dryRun, letters, back }} />,
  );
}

/** Leaves out letters that die after the count. */
function endOf({ to }: ShownFilter, nowMs: number): string {
  return to !== undefined && Date.parse(to) < nowMs ? to : new Date(nowMs).toISOString();
}

function replayable({ status: _status, ...filter }: ShownFilter): LetterFilter {
  return filter;
}

async function act(context: ConsoleContext, console: Console): Promise<Response> {
  const filter = await filterInForm(context);
  const cursor = (await textFields(context, "cursor")).find((text) => text !== "");
  const before = readCount(await textField(context, "before"));
  const pages = await replayPages({ filter: replayable(filter), cursor }, context.get("api"), console.clock);
  const { replayed, skipped, failed, isMore } = pages;
  const counts = `${countLetters(replayed)}, ${formatCount(skipped)} skipped, ${failed.length} failed`;
  const did = `Replayed ${counts}${isMore ? "; more are left" : ""}.`;
  if (!isMore && failed.length === 0) {
    const all = before > 0 ? `Replayed ${countLetters(before + replayed)} in all.` : did;
    return redirectWithNotice(context, { page: listPage({ ...filter, to: undefined }), did: all });
  }
  context.set("did", did);
  const total = before + replayed;
  const head = { title: did, place: "letters" } as const;
  return await respondWithPage(context, console, head, <ReplayMatchingOutcome {...{ filter, pages, did, total }} />);
}

/** The form's count of earlier steps, which is only displayed. */
function readCount(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
