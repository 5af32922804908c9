import type { Hono } from "hono";
import type { Console } from "../../../console.ts";
import type { ConsoleEnv } from "../../../http/console-env.ts";
import { textFields } from "../../../http/form.ts";
import { redirectWithNotice } from "../../../http/notice.ts";
import { respondWithPage } from "../../../layout/page.tsx";
import { ConfirmAction } from "../../../parts/confirm-action.tsx";
import { letterPage } from "../../../parts/task-id.tsx";
import { LETTERS_PATH } from "../letter-filter.ts";
import { LetterList } from "../letter-list.tsx";
import { deletePage } from "./letter-paths.ts";
import { letterIdIn } from "./read-whole-letter.ts";

/** Asks for confirmation and deletes a letter. If the letter changes meanwhile, it is kept. */
export function addDeletePage(app: Hono<ConsoleEnv>, console: Console): void {
  app.get(`${LETTERS_PATH}/:id/delete`, async (context) => {
    const letter = await context.get("api").deadLetters.get(letterIdIn(context));
    const { id, version } = letter;
    const title = "Delete this dead letter?";
    return await respondWithPage(
      context,
      console,
      { title, place: "letters" },
      <ConfirmAction title={title} action={deletePage(id)} label="Delete it" back={letterPage(id)}>
        <p>
          Its payload is gone for good, and it can't be replayed any more. Tasks that replays have made run on. If it
          changes after you have seen this page, it is kept.
        </p>
        <LetterList letters={[letter]} />
        {version === undefined ? null : <input type="hidden" name="version" value={version} />}
      </ConfirmAction>,
    );
  });
  app.post(`${LETTERS_PATH}/:id/delete`, async (context) => {
    const id = letterIdIn(context);
    const [version] = await textFields(context, "version");
    await context.get("api").deadLetters.delete(id, { version });
    return redirectWithNotice(context, { page: LETTERS_PATH, did: `Deleted the dead letter ${id}.` });
  });
}
