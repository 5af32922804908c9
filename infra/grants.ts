import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "./accounts.ts";
import type { Queues } from "./queues.ts";
import type { RecordStore } from "./record-store.ts";
import type { StoredSecret, TaskSecrets } from "./task-secrets.ts";

type Account = gcp.serviceaccount.Account;

/**
 * Grants whose logical name differs from the rule, because existing stacks know them by it. Under a new name, Pulumi
 * would create the same grant again and then delete the old one, which would remove the worker's access to the secret.
 */
const KNOWN_NAMES = new Map([["webhook-signing-secret", "worker-signing-secret"]]);

/**
 * What each service may do with each queue and its tasks, and which of its calls need it
 * (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2). A test makes these calls.
 */
export const ON_QUEUES = {
  producer: {
    "queues.get": "GetQueue",
    "queues.pause": "PauseQueue",
    "queues.resume": "ResumeQueue",
    "queues.purge": "PurgeQueue",
    "tasks.create": "CreateTask",
    "tasks.get": "GetTask",
    "tasks.fullView": "GetTask",
    "tasks.list": "ListTasks",
    "tasks.delete": "DeleteTask",
  },
  worker: {
    "tasks.create": "CreateTask",
    "tasks.get": "GetTask",
    "tasks.fullView": "GetTask",
    "tasks.delete": "DeleteTask",
  },
} as const;

const DESCRIPTIONS = {
  producer: "Creates, reads, lists and deletes tasks; reads, pauses, resumes and purges their queue.",
  worker: "Creates, reads and deletes tasks.",
} as const satisfies Record<keyof typeof ON_QUEUES, string>;

/** The resources that the grants apply to. */
interface Guarded {
  readonly project: string;
  readonly prefix: string;
  readonly accounts: Accounts;
  readonly queues: Queues;
  readonly records: RecordStore;
  readonly secrets: TaskSecrets;
  /** The existing secrets, by full name. */
  readonly givenSecrets: readonly string[];
  readonly traces: boolean;
}

/**
 * What each service may do, granted on the smallest possible resource. Members only: an authoritative binding would
 * remove grants that others made.
 *
 * | account  | may                                     | on               |
 * | -------- | --------------------------------------- | ---------------- |
 * | both     | do what `ON_QUEUES` lists, by two roles | each queue       |
 * | both     | act as the invoker (to ask for tokens)  | the invoker      |
 * | both     | read and write documents                | the one database |
 * | worker   | read the secrets of task types          | each secret      |
 * | worker   | read the secrets that it is given       | each secret      |
 * | producer | read metrics                            | the project      |
 * | both     | write traces, where they are on         | the project      |
 *
 * The worker creates the tasks of its own commits, as the producer does, and deletes those that were cancelled
 * meanwhile. `RunService` and `Outbox` let accounts call a service, and `Console` lets people use the console. The
 * console's account may call the producer, and has none of these grants.
 */
export class Grants extends pulumi.ComponentResource {
  /** The grants that a service needs before its first instance starts. */
  readonly ofProducer: readonly pulumi.Resource[];
  readonly ofWorker: readonly pulumi.Resource[];

  constructor(name: string, guarded: Guarded, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Grants", name, {}, options);
    const { producer, worker, invoker } = guarded.accounts;
    this.ofProducer = [
      ...this.letUseQueues("producer", producer, guarded),
      this.letActAs("producer", producer, invoker),
      this.letUseRecords("producer", producer, guarded),
      this.letReadMetrics(producer, guarded.project),
      ...(guarded.traces ? [this.letWriteTraces("producer", producer, guarded.project)] : []),
    ];
    this.ofWorker = [
      ...this.letUseQueues("worker", worker, guarded),
      this.letActAs("worker", worker, invoker),
      this.letUseRecords("worker", worker, guarded),
      ...Object.values(guarded.secrets.byVariable).map((stored) => this.letReadSecret(worker, stored)),
      ...guarded.givenSecrets.map((secretId) => this.letReadGiven(worker, secretId)),
      ...(guarded.traces ? [this.letWriteTraces("worker", worker, guarded.project)] : []),
    ];
    this.registerOutputs();
  }

  /**
   * Uses a custom role. Google's `cloudtasks.queueAdmin` pauses and purges queues, but also deletes them and sets their
   * policies; `cloudtasks.viewer` lists all tasks.
   */
  private letUseQueues(
    name: keyof typeof ON_QUEUES,
    { member }: Account,
    { prefix, queues }: Guarded,
  ): pulumi.Resource[] {
    const role = new gcp.projects.IAMCustomRole(
      `${name}-queues`,
      {
        // An id has no hyphens (https://cloud.google.com/iam/docs/creating-custom-roles), and a prefix no underscores.
        roleId: `${prefix.replaceAll("-", "_")}_${name}`,
        title: `${prefix}: the ${name}'s queues`,
        description: DESCRIPTIONS[name],
        permissions: Object.keys(ON_QUEUES[name]).map((permission) => `cloudtasks.${permission}`),
      },
      { parent: this },
    );
    return queues.all.map(
      ({ key, queue }) =>
        new gcp.cloudtasks.QueueIamMember(
          `${name}-queue-${key}`,
          { name: queue.name, location: queue.location, role: role.name, member },
          { parent: this },
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

  /** The role can only be granted on the project; the condition limits it to the one database. */
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

  private letReadGiven({ member }: Account, secretId: string): pulumi.Resource {
    const grant = { secretId, role: "roles/secretmanager.secretAccessor", member };
    return new gcp.secretmanager.SecretIamMember(`worker-reads-${secretId}`, grant, { parent: this });
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
