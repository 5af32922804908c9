import { HandoffError, UnreachableError } from "../../../packages/client/src/errors.ts";
import { DeadlineError } from "../../../shared/runtime/deadline.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import type { Console } from "../console.ts";
import { barePage } from "../layout/bare-page.tsx";
import { respondWithPage } from "../layout/page.tsx";
import type { ConsoleContext } from "./console-env.ts";
import { LongForm, RefusedForm } from "./form.ts";
import { type RecoveryLink, recoveryLink } from "./recovery-link.ts";

/** What a page shows if its request failed. */
export interface Failure {
  readonly status: 400 | 403 | 404 | 409 | 413 | 429 | 500 | 502 | 503;
  readonly title: string;
  readonly detail: string;
  /** What else the producer says is wrong with the request. */
  readonly problems?: readonly string[];
  /** The producer's code, or the console's own. */
  readonly code?: string;
}

/** Shows what went wrong, in the producer's words, and what to do. */
export function onError({ assets, clock, log }: Pick<Console, "assets" | "clock" | "log">) {
  return async (error: Error, context: ConsoleContext): Promise<Response> => {
    const failure = failureOf(error);
    if (failure.status >= 500) log.error(errorFields(error), "a page failed");
    context.set("refusal", failure.code ?? "failed");
    return await respondWithFailure(context, { assets, clock }, failure);
  };
}

/** Responds with a page to a path that the console doesn't have. */
export function onNotFound(console: Pick<Console, "assets" | "clock">) {
  return (context: ConsoleContext): Response | Promise<Response> =>
    respondWithFailure(context, console, {
      status: 404,
      title: "There is no such page",
      detail: "The navigation above leads to all of them.",
    });
}

function respondWithFailure(
  context: ConsoleContext,
  console: Pick<Console, "assets" | "clock">,
  failure: Failure,
): Response | Promise<Response> {
  const { status, title, detail } = failure;
  const on = recoveryLink(context, status);
  // The person is still unknown if the producer couldn't be asked.
  if (!context.get("person")) {
    return context.html(barePage({ title, detail, on, assets: console.assets }), status);
  }
  return respondWithPage(context, console, { title, status }, <FailurePage failure={failure} on={on} />);
}

function FailurePage({ failure, on }: { readonly failure: Failure; readonly on: RecoveryLink | undefined }) {
  const { title, detail, problems = [], code } = failure;
  return (
    <section class="failure">
      <h1>{title}</h1>
      <p>{detail}</p>
      {problems.length === 0 ? null : (
        <ul>
          {problems.map((problem) => (
            <li>{problem}</li>
          ))}
        </ul>
      )}
      {on === undefined ? null : (
        <p>
          <a href={on.href}>{on.label}</a>
        </p>
      )}
      {code === undefined ? null : (
        <p class="quiet">
          Code: <code>{code}</code>
        </p>
      )}
    </section>
  );
}

/** The failure to show for an error. */
export function failureOf(error: Error): Failure {
  if (error instanceof RefusedForm) {
    return {
      status: 403,
      title: "Nothing was done",
      detail: "The form is too old, or didn't come from this console. Go back, reload the page, and try again.",
      code: "refused-form",
    };
  }
  if (error instanceof LongForm) {
    const detail =
      "The form has more in it than the producer takes. Send less, or a reference to what is stored elsewhere.";
    return { status: 413, title: "Nothing was done", detail, code: "form-too-long" };
  }
  if (error instanceof HandoffError) return refusalOf(error);
  if (error instanceof UnreachableError) {
    const detail = `${error.message} Check that it is running, then reload. An action may have had its effect.`;
    return { status: 502, title: "The producer can't be reached", detail, code: error.code };
  }
  if (error instanceof DeadlineError) {
    const detail =
      "The producer takes too long to respond. This page can be shown once it is faster: reload to try again.";
    return { status: 503, title: "The producer is slow", detail, code: "producer-slow" };
  }
  return {
    status: 500,
    title: "The console failed",
    detail: "Its log says why. Reload to try again.",
    code: "internal",
  };
}

function refusalOf({ status, code, problem, message }: HandoffError): Failure {
  if (!problem) {
    const detail = `${message} Check that PRODUCER_URL is the producer's address, and what stands before it.`;
    const isBusy = status === 429 || status === 503;
    return { status: isBusy ? status : 502, title: "The producer can't be reached", detail, code };
  }
  const problems = (problem.problems ?? []).map(({ path, message }) => `${path} ${message}`);
  const { title, detail = title } = problem;
  if (status !== UNAUTHORIZED) return { status: shownStatus(status), title, detail, problems, code };
  const whose = "This is about the console's own account, not about you: its settings are wrong.";
  return { status: 502, title: "The producer refuses the console", detail: `${detail} ${whose}`, code };
}

/** It is the console's account that must authenticate to the producer. */
const UNAUTHORIZED = 401;

/** The producer's status, if the person can do something about it. */
function shownStatus(status: number): Failure["status"] {
  switch (status) {
    case 400:
    case 403:
    case 404:
    case 409:
    case 429:
    case 503:
      return status;
    case 422:
    case 412:
      return 409;
    default:
      return status < 500 ? 400 : 502;
  }
}
