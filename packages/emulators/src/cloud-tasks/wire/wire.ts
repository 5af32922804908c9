import type { protos } from "@google-cloud/tasks";

/** The API's messages as protobufjs decodes them, typed by the client. */
export type WireQueue = protos.google.cloud.tasks.v2.IQueue;
export type WireTask = protos.google.cloud.tasks.v2.ITask;
export type WireHttpRequest = protos.google.cloud.tasks.v2.IHttpRequest;
export type WireAttempt = protos.google.cloud.tasks.v2.IAttempt;
export type WirePolicy = protos.google.iam.v1.IPolicy;
export type WireDuration = protos.google.protobuf.IDuration;
export type WireTimestamp = protos.google.protobuf.ITimestamp;

/** Replies have enums by number, since that is what protobufjs encodes. */
export type QueueReply = Omit<WireQueue, "state"> & { readonly state: number };
export type HttpRequestReply = Omit<WireHttpRequest, "httpMethod"> & { readonly httpMethod: number };
export type StoredTaskReply = Omit<WireTask, "view" | "httpRequest"> & { readonly httpRequest: HttpRequestReply };
export type TaskReply = StoredTaskReply & { readonly view: number };

export type CreateTaskRequest = protos.google.cloud.tasks.v2.CreateTaskRequest;
export type ListTasksRequest = protos.google.cloud.tasks.v2.ListTasksRequest;
/** RunTask's request has the same form. */
export type OneTaskRequest = protos.google.cloud.tasks.v2.GetTaskRequest;
export type DeleteTaskRequest = protos.google.cloud.tasks.v2.DeleteTaskRequest;

export type CreateQueueRequest = protos.google.cloud.tasks.v2.CreateQueueRequest;
export type UpdateQueueRequest = protos.google.cloud.tasks.v2.UpdateQueueRequest;
export type ListQueuesRequest = protos.google.cloud.tasks.v2.ListQueuesRequest;
/** The requests of Delete, Purge, Pause and Resume have the same form. */
export type OneQueueRequest = protos.google.cloud.tasks.v2.GetQueueRequest;

export type GetIamPolicyRequest = protos.google.iam.v1.GetIamPolicyRequest;
export type SetIamPolicyRequest = protos.google.iam.v1.SetIamPolicyRequest;
export type TestIamPermissionsRequest = protos.google.iam.v1.TestIamPermissionsRequest;
