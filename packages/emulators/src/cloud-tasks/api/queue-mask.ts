import protobuf from "protobufjs/light.js";
import { fieldNamed, protoName } from "../../rpc/json/field-names.ts";
import { invalidArgument } from "./service-errors.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Merges an update into a message as a mask says: each path's field becomes what it is in the update, or unset
 * (https://google.aip.dev/134#field-masks).
 *
 * @param paths in the proto's spelling, such as `rate_limits.max_dispatches_per_second`. None change nothing.
 * @throws RpcError INVALID_ARGUMENT for a path that the message doesn't have.
 */
export function mergeByMask(
  current: object,
  update: object,
  mask: { paths: readonly string[]; type: protobuf.Type },
): object {
  return mask.paths.reduce<object>((merged, path) => {
    const result = mergePath(merged, update, { type: mask.type, path: path.split(".") });
    if (!result) throw invalidArgument(`Invalid mask: ${path}`);
    return result;
  }, current);
}

/** Undefined when the path doesn't lead to a field. */
function mergePath(
  current: object,
  update: object,
  at: { readonly type: protobuf.Type; readonly path: readonly string[] },
): object | undefined {
  const [name = "", ...rest] = at.path;
  const field = fieldNamed(at.type, name);
  if (!field || protoName(field.name) !== name) return undefined;
  const given = fieldsOf(update)[field.name];
  if (rest.length === 0) return withField(current, field, given);

  const inner = field.resolve().resolvedType;
  // Lists, maps, times and durations have no parts that a path could name.
  const hasParts = inner instanceof protobuf.Type && !field.repeated && !field.map && !isWellKnown(inner);
  if (!hasParts) return undefined;
  const own = fieldsOf(current)[field.name];
  const merged = mergePath(fieldsOf(own), fieldsOf(given), { type: inner, path: rest });
  if (!merged) return undefined;
  return isSet(own) || isSet(given) ? withField(current, field, merged) : current;
}

/** A field of a oneof replaces the others. */
function withField(message: object, field: protobuf.Field, value: unknown): object {
  const others = isSet(value) ? (field.partOf?.oneof ?? []) : [];
  const kept = Object.entries(message).filter(([name]) => name !== field.name && !others.includes(name));
  return Object.fromEntries(isSet(value) ? [...kept, [field.name, value]] : kept);
}

const isWellKnown = (type: protobuf.Type): boolean => type.fullName.startsWith(".google.protobuf.");

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** A message's own fields; those of a decoded message's prototype are not set. */
function fieldsOf(message: unknown): Fields {
  return typeof message === "object" && message !== null ? { ...message } : {};
}
