import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import type { Idempotency } from "../../../../../shared/contract/task-type.ts";
import { RefusedError } from "../exit.ts";
import { INDEXES, withHandler, withType } from "./index-lines.ts";
import { type Names, namesOf } from "./names.ts";
import { definitionText, handlerText, testText } from "./templates.ts";

const run = promisify(execFile);

/** The queues' file, relative to the project's folder. */
const QUEUES = "shared/tasks/queues.ts";

const manifestSchema = z.looseObject({ name: z.string() });

/**
 * Writes a task type, its handler and a test, and adds both to their indexes.
 *
 * @returns the paths that were written or changed, relative to the project's folder.
 * @throws UsageError for a malformed name; RefusedError outside the project, for an existing type or file, for an
 * unknown queue, and if an index doesn't have the expected form. Then nothing is written.
 */
export async function addType(
  { type, kind, queue }: { readonly type: string; readonly kind: Idempotency; readonly queue: string },
  cwd: string,
): Promise<readonly string[]> {
  const names = namesOf(type, kind);
  const project = await projectAround(cwd);
  const types = await fs.readFile(path.join(project, INDEXES.types), "utf8");
  const handlers = await fs.readFile(path.join(project, INDEXES.handlers), "utf8");
  await refuseExisting(names, { project, indexes: types + handlers });
  await refuseUnknownQueue(queue, project);

  const written: Readonly<Record<string, string>> = {
    [names.files.definition]: definitionText(names, { kind, queue }),
    [names.files.handler]: handlerText(names, kind),
    [names.files.test]: testText(names, kind),
    [INDEXES.types]: withType(types, names),
    [INDEXES.handlers]: withHandler(handlers, names, kind === "transaction"),
  };
  for (const [file, text] of Object.entries(written)) {
    await fs.mkdir(path.dirname(path.join(project, file)), { recursive: true });
    await fs.writeFile(path.join(project, file), text);
  }
  const files = Object.keys(written);
  await format(files, project);
  return files;
}

async function projectAround(cwd: string): Promise<string> {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    if (await isProject(folder)) return folder;
    if (folder === path.dirname(folder)) break;
  }
  throw new RefusedError(
    "This folder is not in a Handoff project. Change to the folder with your task types and repeat it.",
  );
}

async function isProject(folder: string): Promise<boolean> {
  try {
    const manifest = manifestSchema.parse(JSON.parse(await fs.readFile(path.join(folder, "package.json"), "utf8")));
    await Promise.all(Object.values(INDEXES).map((index) => fs.access(path.join(folder, index))));
    return manifest.name !== "";
  } catch {
    return false;
  }
}

async function refuseExisting(
  { type, constant, handler, files }: Names,
  { project, indexes }: { readonly project: string; readonly indexes: string },
): Promise<void> {
  const folder = path.join(project, path.dirname(files.definition));
  for (const file of await fs.readdir(folder)) {
    if (!file.endsWith(".ts")) continue;
    const text = await fs.readFile(path.join(folder, file), "utf8");
    if (text.includes(`type: ${JSON.stringify(type)}`))
      throw new RefusedError(
        `The type ${type} already exists: see ${path.join(path.dirname(files.definition), file)}.`,
      );
  }
  for (const name of [constant, handler]) {
    if (new RegExp(String.raw`\b${name}\b`).test(indexes)) {
      throw new RefusedError(`The indexes already have the name ${name}. Choose another type.`);
    }
  }
  for (const file of Object.values(files)) {
    const exists = await fs.access(path.join(project, file)).then(
      () => true,
      () => false,
    );
    if (exists) throw new RefusedError(`The file ${file} already exists. Nothing was written.`);
  }
}

async function refuseUnknownQueue(queue: string, project: string): Promise<void> {
  const text = await fs.readFile(path.join(project, QUEUES), "utf8");
  const words: readonly string[] = text.match(/[\w-]+/g) ?? [];
  if (words.includes(queue)) return;
  throw new RefusedError(`There is no queue ${queue} in ${QUEUES}. Add it there first. Nothing was written.`);
}

/** Formats as `npm run format` does. If the formatter isn't installed, the files stay as they are. */
async function format(files: readonly string[], project: string): Promise<void> {
  const formatter = path.join(project, "node_modules/oxfmt/bin/oxfmt");
  await run(process.execPath, [formatter, ...files], { cwd: project }).catch(() => undefined);
}
