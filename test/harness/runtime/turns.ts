/** Limits how many pieces of work run at once. Others start in order as earlier ones end. */
export function createTurns(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let atOnce = 0;
  return async (work) => {
    if (atOnce >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else atOnce++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else atOnce--;
    }
  };
}
