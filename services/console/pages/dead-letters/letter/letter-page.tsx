import type { Hono } from "hono";
import type { Console } from "../../../console.ts";
import type { ConsoleEnv } from "../../../http/console-env.ts";
import { respondWithPage } from "../../../layout/page.tsx";
import { Timeline } from "../../../parts/attempts/timeline.tsx";
import { respondWithJsonText } from "../../../parts/json/json-text.ts";
import { ConfirmLink, usePermission } from "../../../parts/form.tsx";
import { StateBadge } from "../../../parts/state-badge.tsx";
import { Command } from "../../../parts/try-it.tsx";
import { inShell } from "../in-shell.ts";
import { LETTERS_PATH } from "../letter-filter.ts";
import { LetterFacts } from "./letter-facts.tsx";
import { LetterPayload } from "./letter-payload.tsx";
import { deletePage, replayPage } from "./letter-paths.ts";
import { type WholeLetter, letterIdIn, readWholeLetter } from "./read-whole-letter.ts";
import { whyDead } from "./why-dead.ts";

/** A dead letter: its error, attempts, payload and the actions on it. */
export function addLetterPage(app: Hono<ConsoleEnv>, console: Console): void {
  app.get(`${LETTERS_PATH}/:id`, async (context) => {
    const whole = await readWholeLetter(context);
    const head = { title: `Dead letter: ${whole.letter.type}`, place: "letters" } as const;
    const { producerUrl } = console;
    return await respondWithPage(context, console, head, <LetterPage {...whole} producerUrl={producerUrl} />);
  });
  app.get(`${LETTERS_PATH}/:id/payload`, async (context) => {
    const { payload } = await context.get("api").deadLetters.get(letterIdIn(context), { includePayload: true });
    return payload === undefined ? await context.notFound() : respondWithJsonText(payload);
  });
}

/** Needs no confirmation: a replay loses nothing. */
function ReplayLink({ id }: { readonly id: string }) {
  return usePermission("replay dead letters") ? (
    <a class="button" href={replayPage(id)}>
      Replay…
    </a>
  ) : null;
}

function LetterPage({ letter, type, producerUrl }: WholeLetter & { readonly producerUrl: string }) {
  const { id, status, code, message, attempts, attemptLog, enqueuedAt, diedAt } = letter;
  const told = {
    createdAt: enqueuedAt,
    state: "dead",
    attempts,
    attemptLog: attemptLog ?? [],
    finishedAt: diedAt,
  } as const;
  return (
    <>
      <h1>
        {letter.type} <StateBadge state={status} />
      </h1>
      <section class="failure">
        <p>
          Died of <code class="cause">{code}</code>
        </p>
        <p class="cause">{message}</p>
        <p class="quiet">{whyDead(letter, type)}</p>
      </section>
      <div class="actions">
        <ReplayLink id={id} />
        <ConfirmLink page={deletePage(id)} label="Delete…" needs="delete dead letters" />
      </div>
      <LetterFacts letter={letter} type={type} />
      <section>
        <h2>Attempts</h2>
        <Timeline told={told} />
      </section>
      <section>
        <h2>Payload</h2>
        <LetterPayload letter={letter} />
      </section>
      <section>
        <h2>On the command line</h2>
        <Command text={`npx handoff dead replay --url ${producerUrl} ${inShell(id)}`} />
      </section>
    </>
  );
}
