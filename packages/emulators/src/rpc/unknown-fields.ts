import protobuf from "protobufjs/light.js";

/** As deep as protobufjs decodes. */
const MAX_DEPTH = 100;

const LENGTH_DELIMITED = 2;

/**
 * Finds a field in an encoded message that its type doesn't have. Decoding would drop it without a word, and the caller
 * would believe that it took effect.
 *
 * @param bytes a message that has been decoded without an error.
 * @returns the message's full name and the field's number. Undefined when every field is known.
 */
export function findUnknownField(bytes: Uint8Array, type: protobuf.Type): { message: string; id: number } | undefined {
  const reader = protobuf.Reader.create(bytes);
  return search(reader, { end: bytes.length, type, depth: 0 });
}

function search(
  reader: protobuf.Reader,
  { end, type, depth }: { end: number; type: protobuf.Type; depth: number },
): { message: string; id: number } | undefined {
  const fields = fieldsOf(type);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const id = tag >>> 3;
    const held = fields.get(id);
    if (held === undefined) return { message: type.fullName.slice(1), id };
    if (held && tag % 8 === LENGTH_DELIMITED && depth < MAX_DEPTH) {
      const length = reader.uint32();
      const found = search(reader, { end: reader.pos + length, type: held, depth: depth + 1 });
      if (found) return found;
    } else {
      reader.skipType(tag % 8);
    }
  }
  return undefined;
}

/** The fields of a message by their numbers, with the messages that they hold. */
type Fields = ReadonlyMap<number, protobuf.Type | null>;

const known = new WeakMap<protobuf.Type, Fields>();

function fieldsOf(type: protobuf.Type): Fields {
  const before = known.get(type);
  if (before) return before;
  const fields = new Map(type.fieldsArray.map((field) => [field.id, messageOf(field)]));
  known.set(type, fields);
  return fields;
}

/** The message that a field holds. A map's entries have other fields than its values, and are not searched. */
function messageOf(field: protobuf.Field): protobuf.Type | null {
  if (field.map) return null;
  const { resolvedType } = field.resolve();
  return resolvedType instanceof protobuf.Type ? resolvedType : null;
}
