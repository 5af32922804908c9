import type { Problem } from "../../../shared/http/problem.ts";
import { sizeProblem } from "../http/failures.ts";
import type { Replayed } from "./replay.ts";

export const NO_SUCH_LETTER = "There is no such dead letter. It may have been deleted, or may have expired.";

/** The problem for a letter that doesn't exist. */
export function noSuchLetter(): Problem {
  return { status: 404, title: "Not found", code: "dead-letter-not-found", detail: NO_SUCH_LETTER };
}

/** The problem for a letter that wasn't replayed, or for which that is unknown. */
export function replayProblem(replayed: Exclude<Replayed, { readonly id: string }>): Problem {
  switch (replayed.kind) {
    case "unknown":
      return noSuchLetter();
    case "unclear":
      return {
        status: 503,
        title: "Service unavailable",
        code: "outcome-unknown",
        detail:
          "The letter may or may not have been replayed: a service did not respond in time. Repeat the request, with the same " +
          "Idempotency-Key if it has one.",
      };
    case "unknown-type":
      return conflict("unknown-type", `No task type ${replayed.type} is known here, so no worker could run the task.`);
    case "payload-omitted":
      return conflict("payload-omitted", "The letter doesn't have its task's payload. Send one with the request.");
    case "unfit-name":
      return conflict(
        "letter-not-replayable",
        "No task can refer to the letter's name: it is too long, or has control characters.",
      );
    case "unreadable":
      return conflict("letter-not-replayable", "The document is not a dead letter that this service has written.");
    case "payload-too-large":
      return sizeProblem(replayed.maxPayloadBytes);
    case "invalid-payload": {
      const detail = "The type doesn't accept the payload. Send another one with the request.";
      const { problems } = replayed;
      return { status: 422, title: "Invalid payload", code: "invalid-payload", detail, problems };
    }
    default:
      return replayed satisfies never;
  }
}

function conflict(code: string, detail: string): Problem {
  return { status: 409, title: "Can't be replayed", code, detail };
}
