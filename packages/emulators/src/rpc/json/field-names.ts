import type protobuf from "protobufjs/light.js";

/** A name in the proto's spelling: `scheduleTime` is `schedule_time`. */
export function protoName(jsonName: string): string {
  return jsonName.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A name in JSON's spelling: `schedule_time` is `scheduleTime`. */
export function jsonName(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_underscored, letter: string) => letter.toUpperCase());
}

/** A message's field by its name in JSON or in the proto, as both may be sent. */
export function fieldNamed(type: protobuf.Type, name: string): protobuf.Field | undefined {
  if (Object.hasOwn(type.fields, name)) return type.fields[name];
  // The loaded protos have names in JSON's spelling only.
  const inJson = jsonName(name);
  return protoName(inJson) === name && Object.hasOwn(type.fields, inJson) ? type.fields[inJson] : undefined;
}

/** The URL of a type, as errors and Any have it. */
export const typeUrl = (type: { readonly fullName: string }): string =>
  `type.googleapis.com/${type.fullName.replace(/^\./, "")}`;
