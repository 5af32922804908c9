import * as fc from "fast-check";
import * as z from "zod";
import { type ApiDocument, type Operation, operationsOf } from "./document.ts";
import { type Checked, problemsBy } from "./json-schema.ts";
import { KnownValues } from "./known-values.ts";
import { type ApiRequest, DEFECTS, type Defect, requestsOf } from "./requests.ts";
import { type ApiResponse, type CheckResponse, problemOfRefusedMethod, responseCheckOf } from "./responses.ts";

export type Send = (path: string, init: RequestInit) => Promise<ApiResponse>;

/** How many valid requests each operation gets, and how many with each defect. */
export interface Amounts {
  readonly right: number;
  readonly wrong: number;
}

/** Refusals of valid requests that depend on which tasks exist. */
const ABOUT_STATE = new Set([403, 404, 409, 412, 422]);
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/**
 * Sends valid and invalid requests generated from the document, and returns where the service differs from it: one
 * finding for each operation and kind of request, with the smallest request that shows it.
 */
export async function checkApi(
  document: ApiDocument,
  on: {
    readonly send: Send;
    readonly seed: number;
    readonly amounts: Amounts;
    /** Whether to look for the smallest request that shows a finding. Default: yes. */
    readonly shrinks?: boolean;
    /** Default: all. */
    readonly defects?: readonly Defect[];
  },
): Promise<string[]> {
  const checked: Checked = { document, problemsAt: problemsBy(document) };
  const checkResponse = responseCheckOf(document);
  const known = new KnownValues(Object.keys(document.paths));
  const findings: string[] = [];
  for (const operation of operationsOf(document)) {
    for (const defect of on.defects ?? DEFECTS) {
      const requests = requestsOf(operation, defect, checked);
      if (!requests) continue;
      const numRuns = defect === "none" ? on.amounts.right : on.amounts.wrong;
      const probe = { operation, defect, send: on.send, checkResponse, known };
      const property = fc.asyncProperty(requests, async (request) => await probeOnce(request, probe));
      const { failed, counterexample, errorInstance } = await fc.check(property, {
        seed: on.seed,
        numRuns,
        endOnFailure: on.shrinks === false,
      });
      if (!failed) continue;
      const request = JSON.stringify(counterexample?.[0]);
      findings.push(`${operation.operationId}, ${defect}: ${String(errorInstance)} to ${request}`);
    }
  }
  return [...findings, ...(await refusedMethods(checked, on.send))];
}

interface Probe {
  readonly operation: Operation;
  readonly defect: Defect;
  readonly send: Send;
  readonly checkResponse: CheckResponse;
  readonly known: KnownValues;
}

/** @throws a text that says what is wrong with the response */
async function probeOnce(request: ApiRequest, probe: Probe): Promise<void> {
  const { operation, defect, send, checkResponse, known } = probe;
  const path = known.fill(operation.path, request.places);
  const init: RequestInit = {
    method: operation.method,
    headers: request.headers.map(([name, text]): [string, string] => [name, text]),
    body: request.body ?? null,
  };
  const ask = async (query: readonly (readonly string[])[]): Promise<ApiResponse> => {
    const search = new URLSearchParams(query.map(([name = "", text = ""]): [string, string] => [name, text]));
    const response = await send(search.size === 0 ? path : `${path}?${search.toString()}`, init);
    const problem = checkResponse(operation, response) ?? verdict(response, probe);
    if (problem !== undefined) throw problem;
    return response;
  };
  const response = await ask(request.query);
  known.learn(response);
  const cursor = known.cursorIn(response);
  const takesCursor = operation.parameters?.some(({ name }) => name === "cursor");
  if (cursor !== undefined && takesCursor && defect === "none") await ask([...request.query, ["cursor", cursor]]);
}

/** How the messages of the schema library begin. Ours say what to send. */
const PHRASES_OF_ZOD =
  /\b(?:invalid (?:input|option|string|number|key|value|discriminator|iso|url)|too (?:big|small):|unrecognized key|received undefined)\b/i;

function verdict(response: ApiResponse, { operation, defect }: Probe): string | undefined {
  const { status, text } = response;
  const isRefused = status >= 400 || hasRefusedItem(text);
  if (isRefused && PHRASES_OF_ZOD.test(text))
    return `refuses in words that are for programmers, with ${status}: ${text}`;
  if (defect === "none") {
    const isRight = status < 400 || ABOUT_STATE.has(status) || isSaidInWords(response, operation);
    return isRight ? undefined : `refuses what the schema allows, with ${status}: ${text}`;
  }
  if (!isRefused) return `accepts what the schema forbids, with ${status}: ${text}`;
  return status < 500 ? undefined : `fails with ${status}: ${text}`;
}

const problemsSchema = z.object({ problems: z.array(z.object({ path: z.string() })).min(1) });

/** A rule in parameters' descriptions that no schema can express: a parameter needs another one. */
const TOGETHER = /\b(?:Required|Only) with /;

/** Whether the only error is that parameters need or exclude each other, and the descriptions of all of them say so. */
function isSaidInWords({ text }: ApiResponse, { parameters = [] }: Operation): boolean {
  const isSaid = (path: string): boolean =>
    parameters.some(({ name, description = "" }) => name === path && TOGETHER.test(description));
  return problemsSchema.safeParse(JSON.parse(text)).data?.problems.every(({ path }) => isSaid(path)) ?? false;
}

/** Whether one of the results of a batch is a refusal. */
function hasRefusedItem(text: string): boolean {
  return /^\{"results":.*"status":4\d\d/.test(text);
}

async function refusedMethods(checked: Checked, send: Send): Promise<string[]> {
  const findings: string[] = [];
  for (const [path, operations] of Object.entries(checked.document.paths)) {
    const allowed = Object.keys(operations).map((method) => method.toUpperCase());
    const others = matching(checked.document, path);
    for (const method of METHODS.filter((each) => !others.includes(each))) {
      const response = await send(path.replaceAll(/\{\w+\}/g, "none"), { method });
      const problem = problemOfRefusedMethod(response, others, checked);
      if (problem !== undefined) findings.push(`${method} ${path}, which has ${allowed.join(", ")}: ${problem}`);
    }
  }
  return findings;
}

/** The methods of a path, and of paths that have a parameter in place of one of its segments. */
function matching({ paths }: ApiDocument, path: string): string[] {
  const methods = Object.entries(paths)
    .filter(([other]) => new RegExp(`^${other.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path))
    .flatMap(([, operations]) => Object.keys(operations).map((method) => method.toUpperCase()));
  return [...new Set(methods)];
}
