import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { DEAD_LETTERS } from "../shared/records/dead-letter.ts";
import { TASK_RECORDS } from "../shared/records/task-record.ts";

const SECONDS_A_DAY = 86_400;

/** The Firestore database for records and dead letters, with its TTLs, indexes and backups. */
export class RecordStore extends pulumi.ComponentResource {
  readonly database: gcp.firestore.Database;

  constructor(
    name: string,
    args: { databaseId: string; region: string; protect: boolean; backupRetentionDays: number },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:RecordStore", name, {}, options);
    this.database = new gcp.firestore.Database(
      "records",
      {
        name: args.databaseId,
        locationId: args.region,
        type: "FIRESTORE_NATIVE",
        concurrencyMode: "PESSIMISTIC",
        pointInTimeRecoveryEnablement: `POINT_IN_TIME_RECOVERY_${args.protect ? "ENABLED" : "DISABLED"}`,
        deleteProtectionState: `DELETE_PROTECTION_${args.protect ? "ENABLED" : "DISABLED"}`,
        // Without protection, destroying the stack leaves only backups behind. With it, no recorded data is lost.
        deletionPolicy: args.protect ? "ABANDON" : "DELETE",
      },
      { parent: this, protect: args.protect },
    );
    this.addFields();
    this.addListing();
    if (args.backupRetentionDays > 0) this.addBackups(args.backupRetentionDays);
    this.registerOutputs();
  }

  private addFields(): void {
    // Indexing ever-growing timestamps would limit writes to about 500 per second
    // (https://cloud.google.com/firestore/docs/best-practices#hotspots), and nobody queries records.
    this.addField(`${TASK_RECORDS}-unindexed`, { collection: TASK_RECORDS, field: "*", indexConfig: {} });
    this.addField(`${TASK_RECORDS}-expiry`, {
      collection: TASK_RECORDS,
      field: "expireAt",
      ttlConfig: {},
      indexConfig: {},
    });
    this.addField(`${DEAD_LETTERS}-expiry`, {
      collection: DEAD_LETTERS,
      field: "expireAt",
      ttlConfig: {},
      indexConfig: {},
    });
    // A payload can exceed the size limit of an index entry.
    this.addField(`${DEAD_LETTERS}-payload`, { collection: DEAD_LETTERS, field: "payloadJson", indexConfig: {} });
  }

  private addField(name: string, field: Omit<gcp.firestore.FieldArgs, "database">): void {
    const options = { parent: this, deletedWith: this.database };
    new gcp.firestore.Field(name, { ...field, database: this.database.name }, options);
  }

  /** Listing the newest first needs no index of its own; listing the newest of one type does. */
  private addListing(): void {
    new gcp.firestore.Index(
      `${DEAD_LETTERS}-by-type`,
      {
        database: this.database.name,
        collection: DEAD_LETTERS,
        fields: [
          { fieldPath: "type", order: "ASCENDING" },
          { fieldPath: "diedAt", order: "DESCENDING" },
        ],
      },
      { parent: this, deletedWith: this.database },
    );
  }

  private addBackups(days: number): void {
    new gcp.firestore.BackupSchedule(
      "daily",
      { database: this.database.name, retention: `${days * SECONDS_A_DAY}s`, dailyRecurrence: {} },
      { parent: this, deletedWith: this.database },
    );
  }
}
