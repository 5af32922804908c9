import { HandoffError, UnreachableError } from "../../../packages/client/src/errors.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import type { Console } from "../console.ts";
import { BarePage } from "../layout/bare-page.tsx";
import { respondWithPage } from "../layout/page.tsx";
import type { ConsoleContext } from "./console-env.ts";
import { LongForm, RefusedForm } from "./form.ts";

/** What a page says instead of what it was asked for. */
export interface Failure {
  readonly status: 400 | 403 | 404 | 409 | 413 | 429 | 500 | 502 | 503;
  readonly title: string;
  readonly detail: string;
  /** What else is wrong with the request, as the producer says it. */
  readonly problems?: readonly string[];
  /** The producer's code. */
  readonly code?: string;
}

/** Says what went wrong, as the producer says it, and what to do. */
export function onError({ assets, clock, log }: Pick<Console, "assets" | "clock" | "log">) {
  return async (error: Error, context: ConsoleContext): Promise<Response> => {
    const failure = failureOf(error);
    if (failure.status >= 500) log.error(errorFields(error), "a page failed");
    context.set("refusal", failure.code ?? "failed");
    const { status, title, detail } = failure;
    // Nobody is known yet if the producer couldn't say who asks.
    if (!context.get("person")) return await context.html(<BarePage {...{ title, detail, assets }} />, status);
    return await respondWithPage(context, { assets, clock }, { title, status }, <FailurePage failure={failure} />);
  };
}

export function onNotFound(console: Pick<Console, "assets" | "clock">) {
  return (context: ConsoleContext): Response | Promise<Response> => {
    const failure = {
      status: 404,
      title: "There is no such page",
      detail: "The navigation above leads to all of them.",
    } as const;
    const { status, title, detail } = failure;
    if (!context.get("person"))
      return context.html(<BarePage {...{ title, detail, assets: console.assets }} />, status);
    return respondWithPage(context, console, { title, status }, <FailurePage failure={failure} />);
  };
}

function FailurePage({ failure }: { readonly failure: Failure }) {
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
      {code === undefined ? null : (
        <p class="quiet">
          The producer's code: <code>{code}</code>
        </p>
      )}
    </section>
  );
}

/** What a page says of an error. */
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
  return {
    status: 500,
    title: "The console failed",
    detail: "Its log says why. Reload to try again.",
    code: "internal",
  };
}

function refusalOf({ status, code, problem, message }: HandoffError): Failure {
  const problems = (problem?.problems ?? []).map(({ path, message }) => `${path} ${message}`);
  const detail = problem?.detail ?? problem?.title ?? message;
  return { status: shownStatus(status), title: problem?.title ?? "The producer failed", detail, problems, code };
}

/** The producer's status, where it is the person's to deal with. */
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
      return status < 500 && status !== 401 ? 400 : 502;
  }
}
