import * as fc from "fast-check";
import { mostly } from "../mostly.ts";
import { DATABASE, DATABASES, ROOT } from "../operation.ts";

/** Ids whose order is easy to get wrong. */
const ODD_IDS = [
  "é",
  "\u{1F600}",
  "\uFFFD",
  "a b",
  "a!",
  "__id7__",
  "__id-2__",
  "__id10__",
  "10",
  "9",
  "a.b",
  "~",
  "A",
  "____",
  "__",
  "%2F",
  "`",
];

const ODD_COLLECTIONS = ODD_IDS.filter((id) => !id.startsWith("__id"));

/** Invalid ids. */
const BAD_IDS = [
  "a/b",
  "a/b/a",
  "",
  ".",
  "..",
  "__x__",
  "__id__",
  "__idx__",
  "x".repeat(1_501),
  "__id9223372036854775808__",
  "__id07__",
  "__id0__",
];

const COLLECTIONS = ["c", "d", "é"];

/** A valid path of a document. */
export function storedPath(): fc.Arbitrary<string> {
  const id = fc.oneof({ arbitrary: fc.constantFrom("a", "b", "e"), weight: 2 }, fc.constantFrom(...ODD_IDS));
  const collection = mostly(fc.constantFrom("c", "c", "c", "d"), fc.constantFrom(...ODD_COLLECTIONS), 20);
  const above = fc.constantFrom("", "", "", "", "", "", "c/a/", "c/b/", "c/missing/", "d/a/c/a/");
  return fc.tuple(above, collection, id).map(([prefix, ...ids]) => prefix + ids.join("/"));
}

/** The id of a document. */
export function documentId(): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constantFrom("a", "b", "e"), weight: 30 },
    { arbitrary: fc.constantFrom(...ODD_IDS), weight: 8 },
    { arbitrary: fc.constantFrom(...BAD_IDS), weight: 1 },
  );
}

/** The id of a collection. */
export function collectionId(): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constantFrom("c"), weight: 30 },
    { arbitrary: fc.constantFrom(...COLLECTIONS), weight: 8 },
    { arbitrary: fc.constantFrom(...ODD_IDS), weight: 1 },
    { arbitrary: fc.constantFrom(...BAD_IDS, "c/d", "c/a/s"), weight: 1 },
  );
}

/** The path of a document below the root, sometimes below another document. */
function documentPath(): fc.Arbitrary<string> {
  const top = fc.tuple(collectionId(), documentId()).map((ids) => ids.join("/"));
  const below = fc
    .tuple(fc.constantFrom("c/a", "c/b", "c/missing", "d/a"), fc.constantFrom("s", "c", "t"), documentId())
    .map((ids) => ids.join("/"));
  return fc.oneof({ arbitrary: top, weight: 5 }, { arbitrary: below, weight: 2 });
}

/** The full name of a document, sometimes in another database, sometimes invalid. */
export function documentName(): fc.Arbitrary<string> {
  const here = documentPath().map((path) => `${ROOT}/${path}`);
  const odd = fc.constantFrom(
    ...DATABASES.slice(1).map((database) => `${database}/documents/c/a`),
    "",
    ROOT,
    DATABASE,
    `${ROOT}/`,
    `${ROOT}/c`,
    `${ROOT}/c/`,
    `${ROOT}/c/a/`,
    `${ROOT}/c/a/s`,
    `${ROOT}//a`,
    `/${ROOT}/c/a`,
    "c/a",
    "projects/p/databases/(default)/c/a",
    "projects//databases/(default)/documents/c/a",
    `${ROOT}/c/${"a/s/".repeat(99)}a`,
    `${ROOT}/c/${"a/s/".repeat(100)}a`,
    `${ROOT}/c/${`${"y".repeat(1_000)}/s/`.repeat(6)}a`,
  );
  return mostly(here, odd, 50);
}

/** The parent of a list or a query. */
export function parent(): fc.Arbitrary<string> {
  const documents = fc.constantFrom(`${ROOT}/c/a`, `${ROOT}/c/b`, `${ROOT}/c/missing`, `${ROOT}/d/a`);
  const odd = fc.constantFrom(
    "",
    DATABASE,
    `${ROOT}/`,
    `${ROOT}/c`,
    `${ROOT}/c/a/s`,
    `${ROOT}/c/__x__`,
    "projects/p",
    ...DATABASES.slice(1).map((database) => `${database}/documents`),
  );
  return fc.oneof(
    { arbitrary: fc.constant(ROOT), weight: 40 },
    { arbitrary: documents, weight: 10 },
    { arbitrary: odd, weight: 1 },
  );
}

/** The database that a request names. */
export function database(): fc.Arbitrary<string> {
  const odd = fc.constantFrom(...DATABASES, "", "projects/p", "projects/p/databases/", ROOT, `${ROOT}/c/a`, "x");
  return mostly(fc.constant(DATABASE), odd, 50);
}
