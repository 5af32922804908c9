import { expect, test } from "vitest";
import { ofType, runFixture, the } from "../support/graph.ts";

const AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig";
const BUDGET = "gcp:billing/budget:Budget";
const BACKUPS = "gcp:firestore/backupSchedule:BackupSchedule";

test("who reads and writes data past the services is logged, if a stack asks for it", async () => {
  const [dev, production] = await Promise.all([runFixture("dev", "update"), runFixture("production", "update")]);
  expect(ofType(dev.resources, AUDIT)).toEqual([]);

  const exemptedMembers = ["producer", "worker"].map(
    (name) => `serviceAccount:handoff-${name}@my-project-123.iam.gserviceaccount.com`,
  );
  expect(ofType(production.resources, AUDIT).map(({ inputs }) => inputs)).toEqual(
    ["firestore", "secretmanager", "cloudtasks"].map((api) => ({
      project: "my-project-123",
      service: `${api}.googleapis.com`,
      auditLogConfigs: [
        { logType: "DATA_READ", exemptedMembers },
        { logType: "DATA_WRITE", exemptedMembers },
      ],
    })),
  );
});

test("a budget is of the stack's project alone, and tells everybody who gets alerts by e-mail", async () => {
  const { resources, output } = await runFixture("production", "update", {
    "handoff:monthlyBudget": "250",
    "handoff:billingAccount": "012345-6789AB-CDEF01",
  });
  expect(output).toBe("");
  expect(the(resources, BUDGET, "budget").inputs).toMatchObject({
    billingAccount: "012345-6789AB-CDEF01",
    amount: { specifiedAmount: { units: "250" } },
    budgetFilter: { projects: ["projects/123456789012"] },
    allUpdatesRule: { monitoringNotificationChannels: ["mail-on-call@example.com-id"] },
  });
  const apis = ofType(resources, "gcp:projects/service:Service").map(({ name }) => name);
  expect(apis).toContain("billingbudgets.googleapis.com");
});

test("without a budget, nothing is asked of billing", async () => {
  const { resources } = await runFixture("production", "update");
  expect(ofType(resources, BUDGET)).toEqual([]);
  expect(resources.filter(({ name }) => name.startsWith("billing"))).toEqual([]);
});

test("backups are daily, weekly, both or none", async () => {
  const schedulesWith = async (days: string, weeks: string) => {
    const change = { "handoff:backupRetentionDays": days, "handoff:weeklyBackupRetentionWeeks": weeks };
    const { resources } = await runFixture("production", "update", change);
    return ofType(resources, BACKUPS).map(({ name, inputs: { retention, dailyRecurrence, weeklyRecurrence } }) => ({
      name,
      retention,
      recurrence: dailyRecurrence ?? weeklyRecurrence,
    }));
  };
  const daily = { name: "daily", retention: "604800s", recurrence: {} };
  const weekly = { name: "weekly", retention: "8467200s", recurrence: { day: "SUNDAY" } };

  expect(await schedulesWith("7", "0")).toEqual([daily]);
  expect(await schedulesWith("7", "14")).toEqual([daily, weekly]);
  expect(await schedulesWith("0", "14")).toEqual([weekly]);
  expect(await schedulesWith("0", "0")).toEqual([]);
});
