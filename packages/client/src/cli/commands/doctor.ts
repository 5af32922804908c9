import type { Command } from "commander";
import { RefusedError } from "../exit.ts";
import { examples } from "../examples.ts";
import type { DoctorOptions } from "../doctor/diagnose.ts";
import type { Finding } from "../doctor/finding.ts";
import { plain } from "../output/plain.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";

const MARKS = { ok: "green", warning: "yellow", failed: "red", skipped: "gray" } as const;
const WIDEST_CHECK = 16;

/** Adds `handoff doctor`. */
export function addDoctor(program: Command, surroundings: Surroundings): void {
  program
    .command("doctor")
    .summary("diagnose a stack")
    .description(
      "Checks a stack on this machine, or a deployed one: versions, ports, your token, who you are and what you may do, " +
        "whether a task gets through, and the database. The exit code is 1 if any check failed.",
    )
    .option("--project <project>", "a deployed stack's project; default: that of your default credentials, or gcloud's")
    .option("--database <database>", "its database", "(default)")
    .option("--collection-prefix <prefix>", "its handoff:collectionPrefix, if it has one", "")
    .addHelpText("after", examples("npx handoff doctor"))
    .action(async (options: DoctorOptions, command: Command) => {
      const session = openSession(command, surroundings);
      const { output } = session;
      // Google's clients take long to load, and only this command needs them.
      const { diagnose } = await import("../doctor/diagnose.ts");
      let failures = 0;
      for await (const finding of diagnose(options, session)) {
        if (finding.outcome === "failed") failures += 1;
        await output.one(finding, () => [lineOf(finding, output.paint)]);
      }
      if (failures > 0) throw new RefusedError(`${failures === 1 ? "One check" : `${failures} checks`} failed.`);
    });
}

function lineOf(
  { check, outcome, message }: Finding,
  paint: (style: "green" | "yellow" | "red" | "gray", text: string) => string,
) {
  return `${paint(MARKS[outcome], outcome.padEnd("skipped".length))}  ${check.padEnd(WIDEST_CHECK)}  ${plain(message)}`;
}
