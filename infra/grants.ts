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

/** What the producer may do with each queue and its tasks. */
const ON_QUEUES = [
  "queues.get",
  "queues.pause",
  "queues.resume",
  "queues.purge",
  "tasks.create",
  "tasks.get",
  "tasks.fullView",
  "tasks.list",
  "tasks.delete",
] as const;

/** What the grants apply to. */
interface Guarded {
  readonly project: string;
  readonly prefix: string;
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
 * | producer | do what `ON_QUEUES` lists               | each queue       |
 * | worker   | create, read and delete tasks           | each queue       |
 * | both     | act as the invoker (to ask for tokens)  | the invoker      |
 * | both     | read and write documents                | the one database |
 * | worker   | read the secrets of task types          | each secret      |
 * | producer | read metrics                            | the project      |
 * | both     | write traces, where they are on         | the project      |
 *
 * The worker creates the tasks that its own commits ask for, as the producer does, and deletes one that was cancelled
 * meanwhile. `RunService` and `Outbox` grant who may call a service.
 */
export class Grants extends pulumi.ComponentResource {
  /** The grants that a service needs before its first instance starts. */
  readonly ofProducer: readonly pulumi.Resource[];
  readonly ofWorker: readonly pulumi.Resource[];

  constructor(name: string, guarded: Guarded, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Grants", name, {}, options);
    const { producer, worker, invoker } = guarded.accounts;
    this.ofProducer = [
      ...this.letRunQueues(producer, guarded),
      this.letActAs("producer", producer, invoker),
      this.letUseRecords("producer", producer, guarded),
      this.letReadMetrics(producer, guarded.project),
      ...(guarded.traces ? [this.letWriteTraces("producer", producer, guarded.project)] : []),
    ];
    this.ofWorker = [
      ...this.letUseQueues(worker, guarded.queues),
      this.letActAs("worker", worker, invoker),
      this.letUseRecords("worker", worker, guarded),
      ...Object.values(guarded.secrets.byVariable).map((stored) => this.letReadSecret(worker, stored)),
      ...(guarded.traces ? [this.letWriteTraces("worker", worker, guarded.project)] : []),
    ];
    this.registerOutputs();
  }

  /**
   * A role of the stack's own. Google's `cloudtasks.queueAdmin` pauses and purges queues, but deletes them and sets their
   * policies, too.
   */
  private letRunQueues({ member }: Account, { prefix, queues }: Guarded): pulumi.Resource[] {
    const role = new gcp.projects.IAMCustomRole(
      "producer-queues",
      {
        // An id has no hyphens (https://cloud.google.com/iam/docs/creating-custom-roles), and a prefix no underscores.
        roleId: `${prefix.replaceAll("-", "_")}_producer`,
        title: `${prefix}: the producer's queues`,
        description: "Creates, reads, lists and deletes tasks; reads, pauses, resumes and purges their queue.",
        permissions: ON_QUEUES.map((permission) => `cloudtasks.${permission}`),
      },
      { parent: this },
    );
    return queues.all.map(
      ({ key, queue: { name, location } }) =>
        new gcp.cloudtasks.QueueIamMember(
          `producer-queue-${key}`,
          { name, location, role: role.name, member },
          { parent: this },
        ),
    );
  }

  /** The enqueuer role creates tasks; viewer reads the state of a task and of a queue; deleter cancels. */
  private letUseQueues({ member }: Account, queues: Queues): pulumi.Resource[] {
    return queues.all.flatMap(({ key, queue: { name, location } }) =>
      (["enqueuer", "viewer", "taskDeleter"] as const).map(
        (role) =>
          new gcp.cloudtasks.QueueIamMember(
            `worker-${role}-${key}`,
            { name, location, role: `roles/cloudtasks.${role}`, member },
            { parent: this },
          ),
      ),
    );
  }

  /** Metrics belong to the project, so this can't be granted on anything smaller. */
  private letReadMetrics({ member }: Account, project: string): pulumi.Resource {
    const grant = { project, role: "roles/monitoring.viewer", member };
    return new gcp.projects.IAMMember("producer-metrics", grant, { parent: this });
  }

  private letActAs(name: string, account: Account, invoker: Account): pulumi.Resource {
    return new gcp.serviceaccount.IAMMember(
      `${name}-acts-as-invoker`,
      { serviceAccountId: invoker.name, role: "roles/iam.serviceAccountUser", member: account.member },
      { parent: this },
    );
  }

  /** The role can only be granted on the project; the condition narrows it to the one database. */
  private letUseRecords(name: string, account: Account, { project, records }: Guarded): pulumi.Resource {
    const database = pulumi.interpolate`projects/${project}/databases/${records.databaseId}`;
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
