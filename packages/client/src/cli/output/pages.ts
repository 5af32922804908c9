const PAGE_SIZE = 50;

/** The first items of a list, in pages, so that the first ones are shown while the next are fetched. */
export async function* pagesOf<Item>(items: AsyncIterable<Item>, most: number): AsyncGenerator<readonly Item[]> {
  let page: Item[] = [];
  let count = 0;
  for await (const item of items) {
    page.push(item);
    count += 1;
    if (count >= most) break;
    if (page.length === PAGE_SIZE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}
