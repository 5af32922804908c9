import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const MISSING = `
import importlib.util, sys
def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
print(*[name for name in sys.argv[1:] if not has(name)])
`;

const named = process.env["CLIENTS_PYTHON"] ?? "python3";

/** The Python whose packages are tested: CLIENTS_PYTHON, or python3. */
export const PYTHON = named.includes("/") ? path.resolve(named) : named;

/** Runs Python. Returns what it prints. */
export async function python(...args: string[]): Promise<string> {
  const { stdout } = await run(PYTHON, args);
  return stdout.trim();
}

/** Why the modules can't be used; undefined if they can. */
export async function missingModules(modules: readonly string[]): Promise<string | undefined> {
  try {
    const missing = await python("-c", MISSING, ...modules);
    return missing === "" ? undefined : `${PYTHON} has no ${missing.replaceAll(" ", ", ")}`;
  } catch {
    return `${PYTHON} can't be run`;
  }
}
