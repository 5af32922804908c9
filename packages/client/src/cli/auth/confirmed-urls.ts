import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as z from "zod";
import { ask } from "../ask.ts";
import { RefusedError } from "../exit.ts";
import { type Surroundings, canAsk } from "../surroundings.ts";

const fileSchema = z.object({ confirmedUrls: z.array(z.string()) });

/** Only the person may read or change the list. */
const OWN_FILE = 0o600;
const OWN_FOLDER = 0o700;

/**
 * Asks a person to confirm that their own token may be sent to an address. They are asked once; the address is then
 * kept in `handoff/confirmed-urls.json` in the settings folder. No option replaces the question: whoever gets the token
 * can use it at every Cloud Run service, so a script must not be able to confirm.
 *
 * @throws RefusedError if they refuse, or there is nobody to ask.
 */
export async function confirmUrl(origin: string, surroundings: Surroundings): Promise<void> {
  const file = fileOf(surroundings.env);
  const confirmed = await readConfirmed(file);
  if (confirmed.includes(origin)) return;
  if (!canAsk(surroundings)) {
    throw new RefusedError(
      `Your own token would go to ${origin}, which you haven't confirmed. Run the command once on a terminal, or name a ` +
        "service account with --impersonate.",
    );
  }
  surroundings.stderr.write(
    `Your own identity token would go to ${origin}.\n` +
      "Every Cloud Run service accepts it, so whoever runs that address can act as you. You are asked only once.\n",
  );
  const typed = await ask("Type the address to confirm it: ", surroundings);
  if (typed?.trim().replace(/\/$/, "") !== origin)
    throw new RefusedError("The address is not confirmed. Nothing was sent.");
  await fs.mkdir(path.dirname(file), { recursive: true, mode: OWN_FOLDER });
  const text = `${JSON.stringify({ confirmedUrls: [...confirmed, origin] }, null, 2)}\n`;
  await fs.writeFile(file, text, { mode: OWN_FILE });
}

function fileOf(env: Surroundings["env"]): string {
  const folder = env["XDG_CONFIG_HOME"] || path.join(env["HOME"] || os.homedir(), ".config");
  return path.join(folder, "handoff", "confirmed-urls.json");
}

/** A file that is missing, or isn't one that this program wrote, confirms nothing. */
async function readConfirmed(file: string): Promise<readonly string[]> {
  try {
    return fileSchema.parse(JSON.parse(await fs.readFile(file, "utf8"))).confirmedUrls;
  } catch {
    return [];
  }
}
