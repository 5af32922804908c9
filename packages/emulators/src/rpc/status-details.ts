import protobuf from "protobufjs/light.js";
import type { RpcError, StatusDetail } from "./rpc-error.ts";

const field = (id: number, type = "string") => ({ id, type });

const mapField = (id: number): protobuf.IMapField => ({ ...field(id), keyType: "string" });

/** The messages of error details, with the field numbers of google/rpc/status.proto and error_details.proto. */
const root = protobuf.Root.fromJSON({
  nested: {
    Any: { fields: { type_url: field(1), value: field(2, "bytes") } },
    Status: {
      fields: { code: field(1, "int32"), message: field(2), details: { ...field(3, "Any"), rule: "repeated" } },
    },
    BadRequest: {
      fields: { field_violations: { ...field(1, "FieldViolation"), rule: "repeated" } },
      nested: { FieldViolation: { fields: { field: field(1), description: field(2) } } },
    },
    Help: {
      fields: { links: { ...field(1, "Link"), rule: "repeated" } },
      nested: { Link: { fields: { description: field(1), url: field(2) } } },
    },
    LocalizedMessage: { fields: { locale: field(1), message: field(2) } },
    ErrorInfo: {
      fields: { reason: field(1), domain: field(2), metadata: mapField(3) },
    },
  },
});

/** The bytes of the trailer `grpc-status-details-bin`: a google.rpc.Status. */
export function encodeStatusDetails(error: RpcError): Buffer {
  const status = { code: error.code, message: error.message, details: error.details.map(packDetail) };
  return Buffer.from(root.lookupType("Status").encode(status).finish());
}

function packDetail(detail: StatusDetail): { type_url: string; value: Uint8Array } {
  const { type, ...fields } = detail;
  const message = "fieldViolations" in fields ? { field_violations: fields.fieldViolations } : fields;
  const shortName = type.slice(type.lastIndexOf(".") + 1);
  return { type_url: `type.googleapis.com/${type}`, value: root.lookupType(shortName).encode(message).finish() };
}
