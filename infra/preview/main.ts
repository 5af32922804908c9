import path from "node:path";
import { parseArgs } from "node:util";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { explainFailure } from "../../shared/runtime/program.ts";
import { registry } from "../../shared/tasks/index.ts";
import { countByType, printGraph } from "./print-graph.ts";
import { importCommands } from "./recovery.ts";
import { readExample, readStackFile, type StackConfig } from "./stacks.ts";

const USAGE = `npm run preview:offline [-- OPTIONS]

Runs the Pulumi program against an engine that only records what it is asked for. It creates nothing, and needs neither
the pulumi command nor an account.

  --stack dev|production   one of the example configurations; default: both
  --config FILE            your own Pulumi.STACK.yaml; encrypted values are replaced by a placeholder
  --counts                 print only the number of resources of each type
  --imports                print a command for each resource with a fixed name, which brings it into Pulumi's state
`;

const KINDS = ["dev", "production"] as const;

function chooseStacks(options: { stack?: string | undefined; config?: string | undefined }): Map<string, StackConfig> {
  if (options.config !== undefined)
    return new Map([[options.config, readStackFile(options.config, registry.settings)]]);
  const kinds = KINDS.filter((kind) => options.stack === undefined || options.stack === kind);
  if (kinds.length === 0) throw new ConfigError(`--stack must be one of ${KINDS.join(", ")}.`);
  return new Map(kinds.map((kind) => [kind, readExample(kind, registry.settings)]));
}

/** The stack that Pulumi would use a file for. */
function stackOf(name: string): string {
  return /^Pulumi\.(.+)\.yaml$/.exec(path.basename(name))?.[1] ?? name;
}

type Shown = "graph" | "counts" | "imports";

/** Prints one stack's graph, or what else was asked for. Returns whether the program succeeded. */
async function preview(name: string, stack: StackConfig, shown: Shown): Promise<boolean> {
  // What depends on other resources is unknown in a preview, and commands can't use that.
  const mode = shown === "imports" ? "update" : "preview";
  // Loading Pulumi takes longer than the rest, and a wrong option needs none of it.
  const { runProgramOffline } = await import("./run-program.ts");
  const run = await runProgramOffline({ stack: stackOf(name), mode, ...stack });
  for (const warning of run.warnings) process.stderr.write(`${name}: warning: ${warning}\n`);
  if (!run.succeeded) {
    process.stderr.write(`${name}: the program failed.\n${run.output}\n`);
    return false;
  }
  if (shown === "imports") {
    const commands = importCommands(run.resources, stack.config["handoff:project"] ?? "");
    process.stdout.write(`# ${name}\n\n${commands.join("\n")}\n\n`);
    return true;
  }
  const counts = [...countByType(run.resources)].map(([type, count]) => `${String(count).padStart(4)}  ${type}`);
  const total = run.resources.filter(({ custom }) => custom).length;
  const graph = shown === "counts" ? "" : `${printGraph(run.resources)}\n\n`;
  process.stdout.write(`# ${name}\n\n${graph}${counts.join("\n")}\n${String(total).padStart(4)}  in all\n\n`);
  return true;
}

try {
  const { values } = parseArgs({
    options: {
      stack: { type: "string" },
      config: { type: "string" },
      counts: { type: "boolean", default: false },
      imports: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(USAGE);
  for (const [name, stack] of values.help ? [] : chooseStacks(values)) {
    const shown = values.imports ? "imports" : values.counts ? "counts" : "graph";
    if (!(await preview(name, stack, shown))) process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
