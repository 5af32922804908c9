import protobuf from "protobufjs/light.js";
import { type Fields, type WireTimestamp, microsOf, normalizeFields, timestampOf } from "../values/value.ts";
import type { StoredDocument } from "./document.ts";

/** Converts documents to the text that the log has of them, and back. */
export interface DocumentText {
  readonly of: (document: StoredDocument) => string;
  /** Its fields are decoded when somebody reads them. */
  readonly read: (text: string) => StoredDocument;
}

/**
 * Documents as protobufs in base64, which keeps int64, doubles and bytes exact.
 *
 * @param type google.firestore.v1.Document
 */
export function documentText(type: protobuf.Type): DocumentText {
  return {
    of: (document) => (document instanceof RestoredDocument && document.text) || encode(document, type),
    read: (text) => new RestoredDocument(text, type),
  };
}

/**
 * A document of an earlier run. Most are never read again, and text takes a third of the memory of fields, with nothing in
 * it for the collector of garbage to follow.
 */
class RestoredDocument implements StoredDocument {
  readonly name: string;
  readonly createTime: bigint;
  readonly updateTime: bigint;
  readonly #type: protobuf.Type;
  #held: string | Fields;

  constructor(text: string, type: protobuf.Type) {
    const { name, createTime, updateTime } = readHead(Buffer.from(text, "base64"), type);
    this.name = name;
    this.createTime = createTime;
    this.updateTime = updateTime;
    this.#type = type;
    this.#held = text;
  }

  get fields(): Fields {
    if (typeof this.#held === "string") this.#held = decodeFields(this.#held, this.#type);
    return this.#held;
  }

  /** Undefined once somebody has read the fields. */
  get text(): string | undefined {
    return typeof this.#held === "string" ? this.#held : undefined;
  }
}

/** Everything but the fields, which it goes past. */
function readHead(bytes: Uint8Array, type: protobuf.Type): Omit<StoredDocument, "fields"> {
  const reader = protobuf.Reader.create(bytes);
  let name = "";
  const times = new Map<string, bigint>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3]?.resolve();
    if (field?.name === "name") name = reader.string();
    else if (field?.resolvedType instanceof protobuf.Type && !field.map) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- protobufjs gives no static types
      const time = field.resolvedType.decode(reader, reader.uint32()) as unknown as WireTimestamp;
      times.set(field.name, microsOf(time));
    } else reader.skipType(tag & 7);
  }
  return { name, createTime: times.get("createTime") ?? 0n, updateTime: times.get("updateTime") ?? 0n };
}

function encode({ name, fields, createTime, updateTime }: StoredDocument, type: protobuf.Type): string {
  const message = { name, fields, createTime: timestampOf(createTime), updateTime: timestampOf(updateTime) };
  const bytes = type.encode(message).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function decodeFields(text: string, type: protobuf.Type): Fields {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- protobufjs gives no static types
  const { fields } = type.decode(Buffer.from(text, "base64")) as unknown as { readonly fields?: Fields };
  return normalizeFields(fields ?? {});
}
