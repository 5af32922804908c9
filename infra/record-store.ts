import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { TASK_OUTBOX } from "../shared/outbox/entry.ts";
import { prefixedCollections } from "../shared/records/collections.ts";
import { DEAD_LETTERS } from "../shared/records/letters/dead-letter.ts";
import { LETTER_FILTERS } from "../shared/records/letters/dead-letter-queries.ts";
import { TASK_RECORDS } from "../shared/records/task-record.ts";
import { type DatabaseSettings, databaseIdOf } from "./settings/database-settings.ts";

const SECONDS_PER_DAY = 86_400;

interface RecordStoreArgs extends DatabaseSettings {
  readonly region: string;
  readonly protect: boolean;
  readonly backupRetentionDays: number;
  readonly weeklyBackupRetentionWeeks: number;
  readonly collectionPrefix?: string | undefined;
}

/**
 * The database for records, dead letters and the outbox: the stack's own Firestore database, or an existing one. In
 * that, the stack only manages the TTLs and indexes of Handoff's collections. The rest is up to its owner.
 */
export class RecordStore extends pulumi.ComponentResource {
  /** The database's name, once it exists. */
  readonly databaseId: pulumi.Output<string>;
  /** A region or a multi-region. */
  readonly location: string;
  /** Null if the database isn't the stack's. */
  private readonly own: gcp.firestore.Database | null;
  private readonly args: RecordStoreArgs;

  constructor(name: string, args: RecordStoreArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:RecordStore", name, {}, options);
    this.args = args;
    this.own = args.database === undefined ? this.addDatabase() : null;
    this.databaseId = this.own?.name ?? pulumi.output(databaseIdOf(args));
    this.location = args.databaseLocation ?? args.region;
    const { taskRecords, deadLetters, taskOutbox } = prefixedCollections(args.collectionPrefix ?? "");
    this.addFields(TASK_RECORDS, taskRecords);
    this.addFields(DEAD_LETTERS, deadLetters);
    this.addOutbox(taskOutbox);
    this.addListing(deadLetters);
    if (this.own) this.addBackups(args);
    this.registerOutputs();
  }

  private addDatabase(): gcp.firestore.Database {
    const { region, protect } = this.args;
    return new gcp.firestore.Database(
      "records",
      {
        name: databaseIdOf(this.args),
        locationId: region,
        type: "FIRESTORE_NATIVE",
        concurrencyMode: "PESSIMISTIC",
        pointInTimeRecoveryEnablement: `POINT_IN_TIME_RECOVERY_${protect ? "ENABLED" : "DISABLED"}`,
        deleteProtectionState: `DELETE_PROTECTION_${protect ? "ENABLED" : "DISABLED"}`,
        // Without protection, destroying the stack leaves only backups behind. With it, no recorded data is lost.
        deletionPolicy: protect ? "ABANDON" : "DELETE",
      },
      { parent: this, protect },
    );
  }

  /**
   * Exempts a collection from single-field indexes, and lets its documents expire. Indexing ever-growing timestamps
   * would limit writes to about 500 per second (https://cloud.google.com/firestore/docs/best-practices#hotspots), and a
   * payload can exceed the size limit of an index entry. Records are never queried, and letters have the indexes of
   * `addListing`.
   *
   * @param known the logical name of the resources in existing stacks, whatever the collection's prefix.
   */
  private addFields(known: string, collection: string): void {
    this.exempt(known, collection);
    // With another database or prefix, these would be replaced. In a protected stack, Pulumi refuses that: the worker
    // would no longer find the records of tasks that have run, and would run the tasks again.
    const protect = this.args.protect;
    this.addField(`${known}-expiry`, { collection, field: "expireAt", ttlConfig: {}, indexConfig: {} }, { protect });
  }

  private exempt(known: string, collection: string): void {
    this.addField(`${known}-unindexed`, { collection, field: "*", indexConfig: {} });
  }

  /** Entries never expire. Only the sweep queries them: the ones that are due, in all shards. */
  private addOutbox(collection: string): void {
    this.exempt(TASK_OUTBOX, collection);
    this.addIndex(`${TASK_OUTBOX}-by-shard`, { collection, equal: ["shard"], orderBy: ["relayAt", "ASCENDING"] });
  }

  private addField(
    name: string,
    field: Omit<gcp.firestore.FieldArgs, "database">,
    options: pulumi.CustomResourceOptions = {},
  ): void {
    new gcp.firestore.Field(name, { ...field, database: this.databaseId }, { ...this.within(), ...options });
  }

  /**
   * The newest letters of a status, optionally filtered. For several filters, Firestore merges their indexes
   * (https://firebase.google.com/docs/firestore/query-data/index-overview#taking_advantage_of_index_merging).
   */
  private addListing(collection: string): void {
    const orderBy = ["diedAt", "DESCENDING"] as const;
    this.addIndex(`${DEAD_LETTERS}-by-status`, { collection, equal: ["status"], orderBy });
    for (const field of LETTER_FILTERS) {
      this.addIndex(`${DEAD_LETTERS}-by-status-${field}`, { collection, equal: ["status", field], orderBy });
    }
  }

  private addIndex(
    name: string,
    index: {
      readonly collection: string;
      readonly equal: readonly string[];
      readonly orderBy: readonly [fieldPath: string, order: "ASCENDING" | "DESCENDING"];
    },
  ): void {
    const { collection, equal, orderBy } = index;
    const [fieldPath, order] = orderBy;
    const fields = [...equal.map((path) => ({ fieldPath: path, order: "ASCENDING" })), { fieldPath, order }];
    new gcp.firestore.Index(name, { database: this.databaseId, collection, fields }, this.within());
  }

  /** A database has at most one schedule of each kind (https://cloud.google.com/firestore/docs/backups). */
  private addBackups({ backupRetentionDays: days, weeklyBackupRetentionWeeks: weeks }: RecordStoreArgs): void {
    const add = (name: string, keptDays: number, recurrence: Partial<gcp.firestore.BackupScheduleArgs>) => {
      if (keptDays === 0) return;
      const retention = `${keptDays * SECONDS_PER_DAY}s`;
      new gcp.firestore.BackupSchedule(name, { database: this.databaseId, retention, ...recurrence }, this.within());
    };
    add("daily", days, { dailyRecurrence: {} });
    add("weekly", weeks * 7, { weeklyRecurrence: { day: "SUNDAY" } });
  }

  /** The options for resources in the database, which are deleted with it if it is the stack's own. */
  private within(): pulumi.CustomResourceOptions {
    return { parent: this, ...(this.own ? { deletedWith: this.own } : {}) };
  }
}
