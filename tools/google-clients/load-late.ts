/** Packages whose modules work if the modules that they import are loaded at their first use. */
export const LOADS_LATE =
  /node_modules[\\/](?:@google-cloud[\\/](?:firestore|firestore-api)|google-gax|google-auth-library|gaxios|@grpc[\\/]grpc-js)[\\/]build[\\/].+\.js$/;

/** An import, as TypeScript compiles it for CommonJS. */
const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm;

/**
 * Makes a CommonJS module of TypeScript's load what it imports at its first use: most of what Google's clients import is
 * for other credentials, transports and kinds of calls than a service has. What must be loaded for its effects, or for a
 * class to extend, still is loaded at once, and so is what a module uses as a whole, rather than a property of it.
 */
export function loadLate(source: string): string {
  const late = [...source.matchAll(IMPORT)]
    .map(([, name = ""]) => name)
    .filter((name) => (source.match(new RegExp(String.raw`\b${name}\b(?!\.)`, "g")) ?? []).length === 1);
  if (late.length === 0) return source;
  const use = new RegExp(String.raw`\b(?:${late.join("|")})(?=\.)`, "g");
  // In parentheses, or `new a_1.B()` would construct the wrong one.
  const used = source.replaceAll(use, (name) => `(${name}())`);
  return used.replaceAll(IMPORT, (text, name: string, load: string) =>
    late.includes(name) ? `let ${name}$;\nconst ${name} = () => (${name}$ ??= ${load});` : text,
  );
}
