import type { StoredDocument } from "../store/document.ts";

type Compare = (a: StoredDocument, b: StoredDocument) => number;

/** Documents in an order in which no two are equal, which is kept while they come and go. */
export class OrderedDocuments {
  readonly #compare: Compare;
  readonly #ordered: StoredDocument[];

  constructor(documents: readonly StoredDocument[], compare: Compare) {
    this.#ordered = documents.toSorted(compare);
    this.#compare = compare;
  }

  /** Adds a document, and returns its position. */
  add(document: StoredDocument): number {
    const position = this.#positionOf(document);
    this.#ordered.splice(position, 0, document);
    return position;
  }

  /** Removes a document that it has, and returns where that was. */
  remove(document: StoredDocument): number {
    const position = this.#positionOf(document);
    this.#ordered.splice(position, 1);
    return position;
  }

  /** Those at positions from `from` up to, but not including, `to`. */
  slice(from: number, to: number): StoredDocument[] {
    return this.#ordered.slice(from, to);
  }

  /** Where a document is, or would be. */
  #positionOf(document: StoredDocument): number {
    let [from, to] = [0, this.#ordered.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const other = this.#ordered[middle];
      if (other && this.#compare(other, document) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
