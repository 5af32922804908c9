import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "./accounts.ts";
import type { Queues } from "./queues.ts";
import type { RecordStore } from "./record-store.ts";
import type { StoredSecret, TaskSecrets } from "./task-secrets.ts";

type Account = gcp.serviceaccount.Account;

/**
 * Grants whose logical name differs from the rule, because existing stacks know them by it. Under a new name, Pulumi
 * would create the same grant again and then delete the old one, which would take the worker's access to the secret
 * away.
 */
const KNOWN_NAMES = new Map([["webhook-signing-secret", "worker-signing-secret"]]);

/** What the grants apply to. */
interface Guarded {
  readonly project: string;
  readonly accounts: Accounts;
  readonly queues: Queues;
  readonly records: RecordStore;
  readonly secrets: TaskSecrets;
  readonly traces: boolean;
}

/**
 * What each service may do, granted on the smallest possible resource. Members only: an authoritative binding would
 * remove grants that others made.
 *
 * | account  | may                                     | on               |
 * | -------- | --------------------------------------- | ---------------- |
 * | producer | create, read and delete tasks           | each queue       |
 * | producer | act as the invoker (to ask for tokens)  | the invoker      |
 * | both     | read and write documents                | the one database |
 * | worker   | read the secrets of task types          | each secret      |
 * | both     | write traces, where they are on         | the project      |
 *
 * `RunService` grants who may call a service.
 */
export class Grants extends pulumi.ComponentResource {
  /** The grants that a service needs before its first instance starts. */
  readonly ofProducer: readonly pulumi.Resource[];
  readonly ofWorker: readonly pulumi.Resource[];

  constructor(name: string, guarded: Guarded, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Grants", name, {}, options);
    const { producer, worker, invoker } = guarded.accounts;
    this.ofProducer = [
      ...this.letUseQueues(producer, guarded.queues),
      this.letActAs(producer, invoker),
      this.letUseRecords("producer", producer, guarded),
      ...(guarded.traces ? [this.letWriteTraces("producer", producer, guarded.project)] : []),
    ];
    this.ofWorker = [
      this.letUseRecords("worker", worker, guarded),
      ...Object.values(guarded.secrets.byVariable).map((stored) => this.letReadSecret(worker, stored)),
      ...(guarded.traces ? [this.letWriteTraces("worker", worker, guarded.project)] : []),
    ];
    this.registerOutputs();
  }

  /** The enqueuer role creates tasks; viewer reads the state of a task and, for /ready, of a queue; deleter cancels. */
  private letUseQueues(producer: Account, queues: Queues): pulumi.Resource[] {
    return [...queues.byKey].flatMap(([key, queue]) =>
      (["enqueuer", "viewer", "taskDeleter"] as const).map(
        (role) =>
          new gcp.cloudtasks.QueueIamMember(
            `producer-${role}-${key}`,
            { name: queue.name, location: queue.location, role: `roles/cloudtasks.${role}`, member: producer.member },
            { parent: this },
          ),
      ),
    );
  }

  private letActAs(producer: Account, invoker: Account): pulumi.Resource {
    return new gcp.serviceaccount.IAMMember(
      "producer-acts-as-invoker",
      { serviceAccountId: invoker.name, role: "roles/iam.serviceAccountUser", member: producer.member },
      { parent: this },
    );
  }

  /** The role can only be granted on the project; the condition narrows it to the one database. */
  private letUseRecords(name: string, account: Account, { project, records }: Guarded): pulumi.Resource {
    const database = pulumi.interpolate`projects/${project}/databases/${records.database.name}`;
    return new gcp.projects.IAMMember(
      `${name}-records`,
      {
        project,
        role: "roles/datastore.user",
        member: account.member,
        condition: { title: "one-database", expression: pulumi.interpolate`resource.name == "${database}"` },
      },
      { parent: this },
    );
  }

  private letReadSecret(worker: Account, { name, secret }: StoredSecret): pulumi.Resource {
    return new gcp.secretmanager.SecretIamMember(
      KNOWN_NAMES.get(name) ?? `worker-${name}`,
      { secretId: secret.id, role: "roles/secretmanager.secretAccessor", member: worker.member },
      { parent: this },
    );
  }

  /** Traces belong to the project, so this can't be granted on anything smaller. */
  private letWriteTraces(name: string, account: Account, project: string): pulumi.Resource {
    return new gcp.projects.IAMMember(
      `${name}-traces`,
      { project, role: "roles/telemetry.tracesWriter", member: account.member },
      { parent: this },
    );
  }
}
