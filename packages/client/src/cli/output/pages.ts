import { InvalidArgumentError } from "commander";

const A_PAGE = 50;

/** The first items of a list, in pages, so that the first ones are shown while the next are fetched. */
export async function* pagesOf<Item>(items: AsyncIterable<Item>, most: number): AsyncGenerator<readonly Item[]> {
  let page: Item[] = [];
  let count = 0;
  for await (const item of items) {
    page.push(item);
    count += 1;
    if (count >= most) break;
    if (page.length === A_PAGE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

/** @throws InvalidArgumentError for anything but a positive integer. */
export function readCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,9}$/.test(text) && count > 0) return count;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}
