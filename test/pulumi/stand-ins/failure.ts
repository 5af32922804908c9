import grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { ProviderError } from "../../../infra/preview/cloud/offline-cloud.ts";

/** How a provider reports an error to the engine. What a failed creation left behind is kept in the state. */
export function failureOf(error: unknown): Partial<grpc.ServiceError> {
  const details = error instanceof Error ? error.message : String(error);
  const failure = { code: grpc.status.UNKNOWN, details };
  if (!(error instanceof ProviderError) || !error.left) return failure;
  const left = new provider.ErrorResourceInitFailed();
  left.setId(error.left.id);
  left.setProperties(struct.Struct.fromJavaScript(error.left.outputs));
  left.setReasonsList([details]);
  const detail = new any.Any();
  detail.pack(left.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusMessages.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(details);
  status.addDetails(detail);
  const metadata = new grpc.Metadata();
  // Go's clients look for details there (https://grpc.io/docs/guides/error/).
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { ...failure, metadata };
}
