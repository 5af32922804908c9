import { type Call, type Resource, fieldsOf, textOf } from "./call.ts";
import type { OperationEnd } from "./operations.ts";
import { invalid } from "./refusal.ts";
import type { World } from "./world.ts";

/** One API's answer to a call; undefined if the call isn't for it. */
export type Service = (call: Call, world: World, end: OperationEnd) => Resource | undefined;

/** A collection of resources with the standard methods (https://google.aip.dev/130). */
export interface Collection {
  readonly product: string;
  /** The collection's name, with `*` for each id in it: for example that of queues below a location. */
  readonly pattern: string;
  /** Where the id of a new resource stands; default: Google chooses one. */
  readonly idOf?: (call: Call) => string;
  /** What Google makes of a request's body. */
  readonly fill?: (made: {
    readonly name: string;
    readonly body: Resource;
    readonly before: Resource;
    readonly world: World;
  }) => Resource;
  /** The message that its operations end with, and where they are; default: it answers with the resource. */
  readonly operation?: { readonly type: string; readonly parentOf: (name: string) => string };
  /** Throws if it may not be deleted. */
  readonly refuseDelete?: (resource: Resource) => void;
}

/** Serves a collection's standard methods. */
export function collection(described: Collection): Service {
  const { product, pattern } = described;
  const source = pattern.replaceAll("*", "[^/]+");
  const [many, one] = [new RegExp(`^${source}$`), new RegExp(`^${source}/[^/]+$`)];
  return (call, world, end) => {
    if (call.product !== product || call.verb !== "") return undefined;
    if (many.test(call.name)) return ofCollection(described, { call, world, end });
    if (one.test(call.name)) return ofResource(described, { call, world, end });
    return undefined;
  };
}

interface Asked {
  readonly call: Call;
  readonly world: World;
  readonly end: OperationEnd;
}

function ofCollection(described: Collection, { call, world, end }: Asked): Resource | undefined {
  const { product, name: parent, method, body } = call;
  if (method === "GET") return { [lastOf(parent)]: world.list(`${product}/${parent}`) };
  if (method !== "POST") return undefined;
  const id = described.idOf?.(call) ?? world.nextId();
  if (id === "") throw invalid("The request doesn't say what the new resource is called.");
  const name = `${parent}/${id}`;
  const made = filled(described, { name, body, before: {}, world });
  world.create(`${product}/${name}`, made);
  return answer(described, { name, result: made, world, end });
}

function ofResource(described: Collection, { call, world, end }: Asked): Resource | undefined {
  const { product, name, method, body, query } = call;
  const key = `${product}/${name}`;
  switch (method) {
    case "GET":
      return world.get(key);
    case "PATCH":
    case "PUT": {
      const before = world.get(key);
      const merged = method === "PUT" ? body : merge({ before, body, mask: query.get("updateMask") ?? "" });
      const changed = filled(described, { name, body: merged, before, world });
      world.put(key, changed);
      return answer(described, { name, result: changed, world, end });
    }
    case "DELETE": {
      described.refuseDelete?.(world.get(key));
      world.delete(key);
      return answer(described, { name, result: {}, world, end });
    }
    default:
      return undefined;
  }
}

function filled({ fill }: Collection, made: Parameters<NonNullable<Collection["fill"]>>[0]): Resource {
  return { name: made.name, ...(fill ? fill(made) : { ...made.body, name: made.name }) };
}

function answer(
  { product, operation }: Collection,
  {
    name,
    result,
    world,
    end,
  }: { readonly name: string; readonly result: Resource; readonly world: World; readonly end: OperationEnd },
): Resource {
  if (!operation) return result;
  return world.operations.start({ product, parent: operation.parentOf(name), type: operation.type }, result, end);
}

/** The fields that a mask names, in either spelling, or else those of the body, over what there was. */
export function merge({
  before,
  body,
  mask,
}: {
  readonly before: Resource;
  readonly body: Resource;
  readonly mask: string;
}): Resource {
  const paths = mask === "" ? Object.keys(body) : mask.split(",");
  return paths.reduce<Resource>(
    (merged, path) => withField({ into: merged, from: body, path: path.split(".").map(camelCase) }),
    before,
  );
}

function withField({
  into,
  from,
  path,
}: {
  readonly into: Resource;
  readonly from: Resource;
  readonly path: readonly string[];
}): Resource {
  const [key = "", ...deeper] = path;
  if (deeper.length > 0)
    return { ...into, [key]: withField({ into: fieldsOf(into[key]), from: fieldsOf(from[key]), path: deeper }) };
  const { [key]: _, ...others } = into;
  return from[key] === undefined || from[key] === null ? others : { ...others, [key]: from[key] };
}

function camelCase(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What a resource's name is below: `projects/p/locations/l` for `projects/p/locations/l/queues/q`. */
export function parentOf(name: string): string {
  return name.split("/").slice(0, -2).join("/");
}

export function lastOf(name: string): string {
  return name.split("/").at(-1) ?? "";
}

/** The id is a parameter of the request. */
export const idInQuery =
  (parameter: string) =>
  ({ query }: Call): string =>
    query.get(parameter) ?? "";

/** The id is the end of a field of the body. */
export const idInBody =
  (field: string) =>
  ({ body }: Call): string =>
    lastOf(textOf(body[field]));
