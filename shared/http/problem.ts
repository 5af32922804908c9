/** One thing that is wrong with a request: where, as a path or a header's name, and what to do about it. */
export interface RequestProblem {
  readonly path: string;
  readonly message: string;
}

export interface Problem {
  readonly status: number;
  /** Short and the same for every occurrence. */
  readonly title: string;
  /** What happened this time and what the caller can do. Never holds a token or a payload. */
  readonly detail?: string;
  /** Stable word for programs. */
  readonly code: string;
  readonly problems?: readonly RequestProblem[];
}

/** An answer in the form of RFC 9457 (Problem Details for HTTP APIs). */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify({ type: "about:blank", ...problem }), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
