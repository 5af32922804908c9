/** One thing that is wrong with a request: where, as a path or the name of a header, and what to do about it. */
export interface RequestProblem {
  readonly path: string;
  readonly message: string;
}

export interface Problem {
  readonly status: number;
  /** Short, and the same each time. */
  readonly title: string;
  /** What happened this time and what the caller can do about it. Never holds a token or a payload. */
  readonly detail?: string;
  /** A stable code for programs. */
  readonly code: string;
  readonly problems?: readonly RequestProblem[];
}

/** A problem in the form of RFC 9457 (Problem Details for HTTP APIs). */
export function problemBody(problem: Problem): Problem & { readonly type: string } {
  return { type: "about:blank", ...problem };
}

/** A response in that form. */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problemBody(problem)), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
