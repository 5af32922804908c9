/** Plain data, as `JSON.stringify` prints it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object of plain data. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Whether it is an array. The type of `Array.isArray` doesn't cover readonly ones. */
export function isArray(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

/** Narrows to an object. */
export function asObject(json: Json): JsonObject {
  if (json === null || typeof json !== "object" || isArray(json))
    throw new Error(`${JSON.stringify(json)} is no object.`);
  return json;
}

/** A copy with each member or element changed. Other values stay as they are. */
export function mapJson(json: Json, change: (inner: Json) => Json): Json {
  if (json === null || typeof json !== "object") return json;
  if (isArray(json)) return json.map(change);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, change(value)]));
}

/** An object without one of its members. */
export function without(object: JsonObject, member: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));
}

/** Every member of an object, at any depth, with its name. */
export function* membersOf(json: Json): Generator<[string, Json]> {
  if (json === null || typeof json !== "object") return;
  for (const [name, value] of Object.entries(json)) {
    yield [name, value];
    yield* membersOf(value);
  }
}
