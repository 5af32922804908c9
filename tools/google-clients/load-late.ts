/** Packages whose modules also work if their imports are loaded at first use. */
export const LOADS_LATE =
  /node_modules[\\/](?:@google-cloud[\\/](?:firestore|firestore-api)|google-gax|google-auth-library|gaxios|@grpc[\\/]grpc-js)[\\/]build[\\/].+\.js$/;

/** An import as TypeScript compiles it to CommonJS. */
const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm;

/**
 * Makes a CommonJS module compiled by TypeScript load its imports at first use: most of what Google's clients import is
 * for credentials, transports and kinds of calls that a service doesn't use. Imports for their effects, for a base
 * class, or used as a whole rather than by property are still loaded at once.
 */
export function loadLate(source: string): string {
  const late = [...source.matchAll(IMPORT)]
    .map(([, name = ""]) => name)
    .filter((name) => (source.match(new RegExp(String.raw`\b${name}\b(?!\.)`, "g")) ?? []).length === 1);
  if (late.length === 0) return source;
  const use = new RegExp(String.raw`\b(?:${late.join("|")})(?=\.)`, "g");
  // In parentheses, or `new a_1.B()` would construct the wrong object.
  const used = source.replaceAll(use, (name) => `(${name}())`);
  return used.replaceAll(IMPORT, (text, name: string, load: string) =>
    late.includes(name) ? `let ${name}$;\nconst ${name} = () => (${name}$ ??= ${load});` : text,
  );
}
