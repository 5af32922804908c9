import type { protos } from "@google-cloud/tasks";

/** The API's messages as protobufjs decodes them, typed by the client. */
export type WireRetryConfig = protos.google.cloud.tasks.v2.IRetryConfig;
/** The published client has these messages in v2beta3 only. */
export type WireHttpTarget = protos.google.cloud.tasks.v2beta3.IHttpTarget;
export type WireQueue = protos.google.cloud.tasks.v2.IQueue & { httpTarget?: WireHttpTarget | null };
export type WireTask = protos.google.cloud.tasks.v2.ITask & { retryConfig?: WireRetryConfig | null };
export type WireHttpRequest = protos.google.cloud.tasks.v2.IHttpRequest;
export type WireAttempt = protos.google.cloud.tasks.v2.IAttempt;
export type WirePolicy = protos.google.iam.v1.IPolicy;
export type WireDuration = protos.google.protobuf.IDuration;
export type WireTimestamp = protos.google.protobuf.ITimestamp;

/** Replies have enums by number, since that is what protobufjs encodes. */
export type HttpTargetReply = Omit<WireHttpTarget, "httpMethod" | "uriOverride"> & {
  readonly httpMethod: number;
  readonly uriOverride?: Omit<protos.google.cloud.tasks.v2beta3.IUriOverride, "scheme" | "uriOverrideEnforceMode"> & {
    readonly scheme?: number;
    readonly uriOverrideEnforceMode: number;
  };
};
export type QueueReply = Omit<WireQueue, "state" | "httpTarget"> & {
  readonly state: number;
  readonly httpTarget?: HttpTargetReply;
};
export type HttpRequestReply = Omit<WireHttpRequest, "httpMethod"> & { readonly httpMethod: number };
export type StoredTaskReply = Omit<WireTask, "view" | "httpRequest"> & { readonly httpRequest: HttpRequestReply };
export type TaskReply = StoredTaskReply & { readonly view: number };

export type CreateTaskRequest = Omit<protos.google.cloud.tasks.v2.CreateTaskRequest, "task" | "toJSON"> & {
  readonly task?: WireTask | null;
};
export type ListTasksRequest = protos.google.cloud.tasks.v2.ListTasksRequest;
/** RunTask's request has the same form. */
export type OneTaskRequest = protos.google.cloud.tasks.v2.GetTaskRequest;
export type DeleteTaskRequest = protos.google.cloud.tasks.v2.DeleteTaskRequest;

export type CreateQueueRequest = Omit<protos.google.cloud.tasks.v2.CreateQueueRequest, "queue" | "toJSON"> & {
  readonly queue?: WireQueue | null;
};
export type UpdateQueueRequest = Omit<protos.google.cloud.tasks.v2.IUpdateQueueRequest, "queue"> & {
  readonly queue?: WireQueue | null;
};
export type ListQueuesRequest = protos.google.cloud.tasks.v2.ListQueuesRequest;
/** The requests of Delete, Purge, Pause and Resume have the same form. */
export type OneQueueRequest = protos.google.cloud.tasks.v2.GetQueueRequest;

export type GetIamPolicyRequest = protos.google.iam.v1.GetIamPolicyRequest;
export type SetIamPolicyRequest = protos.google.iam.v1.SetIamPolicyRequest;
export type TestIamPermissionsRequest = protos.google.iam.v1.TestIamPermissionsRequest;
