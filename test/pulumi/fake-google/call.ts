import * as z from "zod";
import { invalid } from "./refusal.ts";

/** What Google's APIs send and take. */
export type Resource = Readonly<Record<string, unknown>>;

/** A request to one of Google's APIs, taken apart. */
export interface Call {
  readonly method: string;
  /** Which API: the first step of the path, by which one port serves all of them. */
  readonly product: string;
  /** The resource's or the collection's name, with the project's id for its number. */
  readonly name: string;
  /** A method of the API's own, such as `getIamPolicy`; empty if there is none. */
  readonly verb: string;
  readonly query: URLSearchParams;
  readonly body: Resource;
}

const resource = z.record(z.string(), z.unknown());

/** The fields of a value that should be an object. */
export function fieldsOf(value: unknown): Resource {
  const parsed = resource.safeParse(value ?? {});
  return parsed.success ? parsed.data : {};
}

/** A field that should be a text; empty if it isn't. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The objects in a value that should be a list of them. */
export function listOf(value: unknown): readonly Resource[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** A project, as its APIs name it. */
export interface Project {
  readonly id: string;
  readonly number: string;
}

/** @throws Refusal if the body isn't an object in JSON. */
export function parseCall(
  request: { readonly method: string; readonly url: string; readonly text: string },
  project: Project,
): Call {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  // Compute's API and Storage's have two steps for the version.
  const parts = /^\/([a-z]+)\/(?:(?:compute|storage)\/)?(?:v\d\w*|beta)\/(.*)$/.exec(pathname);
  if (!parts) throw invalid(`Nobody is at ${pathname}.`);
  const [, product = "", rest = ""] = parts;
  const verb = /:([a-zA-Z]+)$/.exec(rest)?.[1] ?? "";
  const name = decodeURIComponent(verb === "" ? rest : rest.slice(0, -verb.length - 1));
  return {
    method: request.method,
    product,
    name: name.replace(`projects/${project.number}`, `projects/${project.id}`),
    verb,
    query: searchParams,
    body: bodyOf(request.text),
  };
}

function bodyOf(text: string): Resource {
  if (text === "") return {};
  try {
    return resource.parse(JSON.parse(text));
  } catch {
    throw invalid("The body isn't an object in JSON.");
  }
}
