import type { DocumentSnapshot } from "@google-cloud/firestore";
import { type OpenAPIHono, type RouteConfig, createRoute } from "@hono/zod-openapi";
import { problemResponse } from "../../../../shared/http/problem.ts";
import { RecordStoreError } from "../../../../shared/records/record-store-error.ts";
import { accessResponses } from "../../access/refusals.ts";
import { tryLater } from "../../http/failures.ts";
import { problemContent } from "../../http/openapi.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../../producer.ts";
import { LETTER_ID_PARAMETER, letterInPath } from "./letter-in-path.ts";
import { isThere, readLetter } from "../letter-reads.ts";
import { isWanted, versionOf } from "./letter-version.ts";
import { NO_SUCH_LETTER, noSuchLetter } from "../replay-problems.ts";

const IF_MATCH = "If-Match";

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  204: { description: "The letter is deleted." },
  404: problemContent(`${NO_SUCH_LETTER} A repeated request doesn't find it either.`),
  409: problemContent("letter-changed: it was replayed, or its task died again, just before the deletion. It is kept."),
  412: problemContent("letter-changed: it doesn't match If-Match. It is kept."),
  503: problemContent("The letter may or may not be deleted; see Retry-After, and repeat the request."),
};

const route = createRoute({
  method: "delete",
  path: "/v1/dead-letters/{id}",
  operationId: "deleteDeadLetter",
  tags: ["dead-letters"],
  summary: "Delete a dead letter",
  description:
    "The payload is lost; a task that a replay made isn't affected. With If-Match, a letter whose task has died again " +
    "since you looked at it is kept.",
  parameters: [
    LETTER_ID_PARAMETER,
    {
      name: IF_MATCH,
      in: "header" as const,
      description: "The ETag of the letter that you saw. Default: the letter is deleted in its current version.",
      schema: { type: "string" as const },
    },
  ],
  responses,
});

/** Adds `DELETE /v1/dead-letters/{id}`. */
export function addDeleteLetter(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const id = letterInPath(context);
    if (id === undefined) return problemResponse(noSuchLetter());
    const by = context.get("caller").email;
    const deleting = deleteLetter({ id, ifMatch: context.req.header(IF_MATCH), by }, producer);
    const deleted = await producer.inFlight.track(deleting);
    return deleted === "deleted" ? context.body(null, 204) : refusal(deleted);
  });
}

interface Deletion {
  readonly id: string;
  readonly ifMatch: string | undefined;
  /** The e-mail address of the caller. */
  readonly by: string;
}

type Deleted = "deleted" | "unknown" | "unwanted" | "changed" | "unclear";

/** How many times to read a letter while its deletion isn't confirmed. */
const MAX_TRIES = 5;

/** The fields of a deleted letter that are logged. */
const LOGGED_FIELDS = ["type", "code", "expireAt"] as const;

/**
 * Deletes a letter, provided that it hasn't changed since it was read. If its task dies again meanwhile, the letter is
 * kept, since nobody has seen that.
 */
async function deleteLetter({ id, ifMatch, by }: Deletion, producer: Producer): Promise<Deleted> {
  const untilMs = producer.clock.now() + LOOK_UP_TIMEOUT_MS;
  let seen: DocumentSnapshot | undefined;
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const letter = await readLetter(id, { producer, untilMs, isFirst: !seen, fields: LOGGED_FIELDS });
    if (!letter) return "unclear";
    if (!isThere(letter)) return seen ? tell(seen, by, producer) : "unknown";
    if (!seen && !isWanted(letter, ifMatch)) return "unwanted";
    if (seen && versionOf(letter) !== versionOf(seen)) return "changed";
    seen = letter;
    const deleted = await commit(() => producer.letters.delete(letter, untilMs));
    if (deleted === undefined) return "unclear";
    if (deleted) return tell(letter, by, producer);
  }
  return "unclear";
}

/** This line explains a missing letter. */
function tell(letter: DocumentSnapshot, by: string, { log }: Pick<Producer, "log">): "deleted" {
  const { type: taskType, code: errorCode } = letter.data() ?? {};
  log.info({ letterId: letter.id, taskType, errorCode, deletedBy: by }, "a dead letter was deleted");
  return "deleted";
}

/** False if only a read can show the result; undefined if Firestore didn't respond in time. */
async function commit(write: () => Promise<boolean>): Promise<boolean | undefined> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    return error.status === undefined ? undefined : false;
  }
}

const CHANGED = { title: "Letter changed", code: "letter-changed" };

function refusal(deleted: Exclude<Deleted, "deleted">): Response {
  switch (deleted) {
    case "unknown":
      return problemResponse(noSuchLetter());
    case "unwanted": {
      const detail = "The letter doesn't match If-Match. Look at it again, and delete it with its new ETag.";
      return problemResponse({ ...CHANGED, status: 412, detail });
    }
    case "changed": {
      const detail =
        "The letter was replayed, or its task died again, just before the deletion. Look at it again before you delete it.";
      return problemResponse({ ...CHANGED, status: 409, detail });
    }
    case "unclear":
      return tryLater(503, {
        title: "Service unavailable",
        code: "outcome-unknown",
        detail: "The letter may or may not be deleted: Firestore did not respond in time. Repeat the request.",
      });
    default:
      return deleted satisfies never;
  }
}
