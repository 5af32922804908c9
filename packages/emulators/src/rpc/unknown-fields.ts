import protobuf from "protobufjs/light.js";

/** As deep as protobufjs decodes. */
const MOST_DEPTH = 100;

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
  while (reader.pos < end) {
    const tag = reader.uint32();
    const id = tag >>> 3;
    const field = type.fieldsById[id];
    if (!field) return { message: type.fullName.slice(1), id };
    const inner = tag % 8 === LENGTH_DELIMITED && depth < MOST_DEPTH ? messageOf(field) : undefined;
    if (inner) {
      const length = reader.uint32();
      const found = search(reader, { end: reader.pos + length, type: inner, depth: depth + 1 });
      if (found) return found;
    } else {
      reader.skipType(tag % 8);
    }
  }
  return undefined;
}

/** The message that a field holds. A map's entries have other fields than its values, and are not searched. */
function messageOf(field: protobuf.Field): protobuf.Type | undefined {
  if (field.map) return undefined;
  const { resolvedType } = field.resolve();
  return resolvedType instanceof protobuf.Type ? resolvedType : undefined;
}
