/** Packages whose modules work if the modules that they import are loaded at their first use. */
export const LOADS_LATE =
  /node_modules[\\/](?:@google-cloud[\\/](?:firestore|firestore-api)|google-gax|google-auth-library|gaxios|@grpc[\\/]grpc-js)[\\/]build[\\/].+\.js$/;

/** An import, as TypeScript compiles it for CommonJS. It only reads properties of a name that ends like that. */
const IMPORT = /^(?:const|var) (?<name>\w+_\d+) = (?<load>(?:__import\w+\()?require\("[^"]+"\)\)?);$/gm;

/**
 * Makes a CommonJS module of TypeScript's load what it imports at its first use: most of what Google's clients import is
 * for other credentials, transports and kinds of calls than a service has. What must be loaded for its effects, or for a
 * class to extend, still is loaded at once.
 */
export function loadLate(source: string): string {
  const names = new Set<string>();
  const declared = source.replaceAll(IMPORT, (...match) => {
    const { name, load } = match.at(-1);
    names.add(name);
    return `let ${name}$;\nconst ${name} = () => (${name}$ ??= ${load});`;
  });
  if (names.size === 0) return source;
  const use = new RegExp(String.raw`\b(?:${[...names].join("|")})(?=\.)`, "g");
  // In parentheses, or `new a_1.B()` would construct the wrong one.
  return declared.replaceAll(use, (name) => `(${name}())`);
}
