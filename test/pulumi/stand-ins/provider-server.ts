import grpc from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type { Message } from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { type Fields, fieldsOf } from "../../../infra/preview/wire-values.ts";
import { failureOf } from "./failure.ts";

/** What a provider does, in Pulumi's own values: secrets are marked. */
export interface Provider {
  diff(difference: { readonly type: string; readonly olds: Fields; readonly news: Fields }): Difference;
  create(resource: Asked): Made;
  update(resource: Asked): Made;
  /** Undefined if it is gone. */
  read(resource: Asked): Made | undefined;
  delete(resource: Asked): void;
  invoke(token: string, args: Fields): Fields;
}

/** A resource as the engine asks for it; the id is empty before it is created. */
export interface Asked {
  readonly urn: string;
  readonly id: string;
  readonly properties: Fields;
}

export interface Made {
  readonly id: string;
  readonly outputs: Fields;
}

export interface Difference {
  readonly changes: readonly string[];
  readonly replaces: readonly string[];
}

type Unary = { call(request: Message): Message }["call"];

/**
 * Serves a provider to Pulumi's engine, which finds it by its port
 * (https://www.pulumi.com/docs/iac/cli/environment-variables/, PULUMI_DEBUG_PROVIDERS).
 */
export async function serveProvider(
  served: Provider,
  { version }: { readonly version: string },
): Promise<{ readonly port: number; stop(): void }> {
  const server = new grpc.Server();
  server.addService(
    providerServices.ResourceProviderService,
    implement({ ...lifecycleCalls(version), ...resourceCalls(served) }),
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}

function lifecycleCalls(version: string): Record<string, Unary> {
  const accept = (request: provider.CheckRequest) => {
    const answer = new provider.CheckResponse();
    answer.setInputs(request.getNews());
    return answer;
  };
  return {
    attach: () => new empty.Empty(),
    cancel: () => new empty.Empty(),
    getPluginInfo: () => {
      const answer = new pluginMessages.PluginInfo();
      answer.setVersion(version);
      return answer;
    },
    configure: () => {
      const answer = new provider.ConfigureResponse();
      answer.setAcceptsecrets(true);
      answer.setSupportspreview(true);
      return answer;
    },
    checkConfig: accept,
    check: accept,
    // A provider's own configuration can change without a replacement.
    diffConfig: (request: provider.DiffRequest) => {
      const [olds, news] = [fieldsIn(request.getOldInputs()), fieldsIn(request.getNews())];
      const isSame = JSON.stringify(olds) === JSON.stringify(news);
      return differenceMessage({ changes: isSame ? [] : Object.keys(news), replaces: [] });
    },
  };
}

function resourceCalls(served: Provider): Record<string, Unary> {
  return {
    diff: (request: provider.DiffRequest) =>
      differenceMessage(
        served.diff({
          type: request.getType(),
          olds: fieldsIn(request.getOldInputs()),
          news: fieldsIn(request.getNews()),
        }),
      ),
    create: (request: provider.CreateRequest) => {
      if (request.getPreview()) return previewedCreation(request);
      const asked = { urn: request.getUrn(), id: "", properties: fieldsIn(request.getProperties()) };
      const { id, outputs } = served.create(asked);
      const answer = new provider.CreateResponse();
      answer.setId(id);
      answer.setProperties(struct.Struct.fromJavaScript(outputs));
      return answer;
    },
    update: (request: provider.UpdateRequest) => {
      if (request.getPreview()) return previewedUpdate(request);
      const asked = { urn: request.getUrn(), id: request.getId(), properties: fieldsIn(request.getNews()) };
      const answer = new provider.UpdateResponse();
      answer.setProperties(struct.Struct.fromJavaScript(served.update(asked).outputs));
      return answer;
    },
    read: (request: provider.ReadRequest) => {
      const asked = { urn: request.getUrn(), id: request.getId(), properties: fieldsIn(request.getInputs()) };
      const found = served.read(asked);
      const answer = new provider.ReadResponse();
      if (!found) return answer;
      answer.setId(found.id);
      answer.setInputs(request.getInputs());
      answer.setProperties(struct.Struct.fromJavaScript(found.outputs));
      return answer;
    },
    delete: (request: provider.DeleteRequest) => {
      served.delete({ urn: request.getUrn(), id: request.getId(), properties: fieldsIn(request.getProperties()) });
      return new empty.Empty();
    },
    invoke: (request: provider.InvokeRequest) => {
      const answer = new provider.InvokeResponse();
      answer.setReturn(struct.Struct.fromJavaScript(served.invoke(request.getTok(), fieldsIn(request.getArgs()))));
      return answer;
    },
  };
}

/** Leaves out values that are only known after creation, so that they are unknown. */
function previewedCreation(request: provider.CreateRequest): provider.CreateResponse {
  const answer = new provider.CreateResponse();
  answer.setProperties(request.getProperties());
  return answer;
}

/** What an update doesn't ask to change stays as it is, as Google's provider plans it. */
function previewedUpdate(request: provider.UpdateRequest): provider.UpdateResponse {
  const planned = { ...fieldsIn(request.getOlds()), ...fieldsIn(request.getNews()) };
  const answer = new provider.UpdateResponse();
  answer.setProperties(struct.Struct.fromJavaScript(planned));
  return answer;
}

function fieldsIn(message: struct.Struct | undefined): Fields {
  return fieldsOf(message?.toJavaScript() ?? {});
}

function differenceMessage({ changes, replaces }: Difference): provider.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
  const answer = new provider.DiffResponse();
  answer.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  answer.setDiffsList([...changes]);
  answer.setReplacesList([...replaces]);
  return answer;
}

function implement(calls: Record<string, Unary>): grpc.UntypedServiceImplementation {
  const unary =
    (call: Unary): grpc.handleUnaryCall<Message, Message> =>
    ({ request }, answer) => {
      try {
        answer(null, call(request));
      } catch (error) {
        answer(failureOf(error));
      }
    };
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, unary(call)]));
}
