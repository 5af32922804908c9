import protobuf from "protobufjs/light.js";
import { fieldNamed, protoName, typeUrl } from "./field-names.ts";
import { type Json, type JsonObject, isJsonList, isJsonObject, scalarText } from "./json-value.ts";
import type { Read } from "./read.ts";
import { readEnum, readScalar } from "./read-scalar.ts";
import { textForms } from "./read-well-known.ts";
import { type FieldViolation, invalidValue, unknownName } from "./violations.ts";

/**
 * Reads a message from JSON by its descriptor: names in either spelling, null for what is not set, and every value in
 * the forms of https://protobuf.dev/programming-guides/json/.
 *
 * @returns what `type.encode` takes, and all that is wrong, in the words of Google's APIs.
 */
export function readMessage(
  json: JsonObject,
  type: protobuf.Type,
): { readonly message: object; readonly violations: readonly FieldViolation[] } {
  const reader = new MessageReader();
  const message = reader.fields(json, type, "");
  return { message, violations: reader.violations };
}

/** A field as it was sent. */
interface Sent {
  readonly field: protobuf.Field;
  /** In the spelling that was sent. */
  readonly name: string;
  /** The path of the message that has the field, and the field's own. */
  readonly parent: string;
  readonly place: string;
}

class MessageReader {
  readonly violations: FieldViolation[] = [];

  fields(json: JsonObject, type: protobuf.Type, place: string): object {
    const message = new Map<string, unknown>();
    const oneofs = new Set<string>();
    for (const [name, value] of Object.entries(json)) {
      const field = fieldNamed(type, name);
      if (!field) {
        this.violations.push(unknownName(place, name, "Cannot find field."));
      } else if (value !== null && this.#isFirstOfOneof(field, oneofs, { name, place })) {
        const own = place === "" ? protoName(field.name) : `${place}.${protoName(field.name)}`;
        const read = this.#field(value, { field, name, parent: place, place: own });
        if (read !== undefined) message.set(field.name, read);
      }
    }
    return Object.fromEntries(message);
  }

  /** Only one field of a oneof can be set. */
  #isFirstOfOneof(field: protobuf.Field, set: Set<string>, at: { name: string; place: string }): boolean {
    const oneof = field.partOf;
    if (!oneof || oneof.isProto3Optional) return true;
    if (!set.has(oneof.name)) {
      set.add(oneof.name);
      return true;
    }
    const problem = `oneof field '${protoName(oneof.name)}' is already set. Cannot set '${at.name}'`;
    this.violations.push(invalidValue(at.place, "oneof", problem));
    return false;
  }

  #field(value: Json, sent: Sent): unknown {
    if (sent.field instanceof protobuf.MapField) return this.#map(value, sent);
    if (!sent.field.repeated) return this.#single(value, sent);
    if (!isJsonList(value)) {
      const item = this.#single(value, sent);
      return item === undefined ? undefined : [item];
    }
    return value.flatMap((item, index) => {
      const read = item === null ? undefined : this.#single(item, { ...sent, place: `${sent.place}[${index}]` });
      return read === undefined ? [] : [read];
    });
  }

  /** Entries count from 0 in errors, whatever their keys. A null is an empty value. */
  #map(value: Json, sent: Sent): unknown {
    if (!isJsonObject(value)) return this.#refuse(value, sent, mapUrl(sent.field));
    const entries = Object.entries(value).map(([key, item], index): [string, unknown] => {
      const place = `${sent.place}[${index}].value`;
      return [key, item === null ? "" : this.#single(item, { ...sent, name: "value", parent: sent.place, place })];
    });
    return Object.fromEntries(entries);
  }

  #single(value: Json, sent: Sent): unknown {
    const { resolvedType } = sent.field.resolve();
    if (isJsonList(value)) {
      const problem = "Proto field is not repeating, cannot start list.";
      this.violations.push(unknownName(sent.parent, sent.name, problem));
      return undefined;
    }
    if (resolvedType instanceof protobuf.Type) return this.#message(value, resolvedType, sent);
    if (isJsonObject(value)) {
      const name = protoName(sent.field.name);
      this.violations.push(invalidValue(sent.parent, name, "Starting an object on a scalar field"));
      return undefined;
    }
    if (resolvedType) return this.#taken(readEnum(value, resolvedType, sent.place));
    return this.#taken(readScalar(value, sent.field.type, sent.place));
  }

  #message(value: Json, type: protobuf.Type, sent: Sent): unknown {
    const parse = textForms.get(type.fullName);
    if (!parse)
      return isJsonObject(value) ? this.fields(value, type, sent.place) : this.#refuse(value, sent, typeUrl(type));
    if (typeof value !== "string") return this.#refuse(value, sent, typeUrl(type));
    const parsed = parse(value);
    if ("value" in parsed) return parsed.value;
    const problem = `Field '${sent.name}', ${parsed.problem}`;
    this.violations.push(invalidValue(sent.place, typeUrl(type), problem));
    return undefined;
  }

  #taken(read: Read): unknown {
    if ("value" in read) return read.value;
    this.violations.push(read.violation);
    return undefined;
  }

  #refuse(value: Json, sent: Sent, wanted: string): undefined {
    const shown = isJsonObject(value) || isJsonList(value) ? "Starting an object on a scalar field" : scalarText(value);
    this.violations.push(invalidValue(sent.place, wanted, shown));
    return undefined;
  }
}

/** A map's type in errors: the message of its entries, which the proto doesn't name. */
function mapUrl(field: protobuf.Field): string {
  const entry = `${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}Entry`;
  return `${typeUrl({ fullName: field.parent?.fullName ?? "" })}.${entry}`;
}
