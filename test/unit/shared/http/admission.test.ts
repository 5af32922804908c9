import { expect, it } from "vitest";
import { Admission, SMALL_BODY_BYTES } from "../../../../shared/http/admission.ts";

const LONGEST = 100_000;
const LARGE = SMALL_BODY_BYTES + 1;

const announcing = (bytes: number) => new Headers({ "content-length": String(bytes) });
const chunked = () => new Headers({ "transfer-encoding": "chunked" });

function setUp({ maxRequests = 10, maxBodyBytes = 250_000 } = {}) {
  const admission = new Admission({ maxRequests, maxBodyBytes });
  return { admission, admit: (headers = new Headers()) => admission.admit(headers, LONGEST) };
}

/** How many requests with these headers are admitted at once. */
function room(headers: Headers, { admit }: Pick<ReturnType<typeof setUp>, "admit">): number {
  const slots = Array.from({ length: 1_000 }, () => admit(headers)).filter((slot) => slot !== undefined);
  for (const slot of slots) slot.release();
  return slots.length;
}

it("admits as many requests as there is room for, whatever their bodies", () => {
  const { admit } = setUp();
  const first = admit();
  expect(first).toBeDefined();
  expect(room(announcing(1), { admit })).toBe(9);
  first?.release();
  expect(room(new Headers(), { admit })).toBe(10);
});

it("admits large bodies by their Content-Length", () => {
  expect(room(announcing(100_000), setUp())).toBe(2);
  expect(room(announcing(50_000), setUp())).toBe(5);
});

it("counts a body without a Content-Length as the longest", () => {
  expect(room(chunked(), setUp())).toBe(2);
});

it("doesn't count a body that is too long to be read", () => {
  expect(room(announcing(LONGEST + 1), setUp())).toBe(10);
});

it("admits small bodies while there is no room for large ones", () => {
  const { admit } = setUp({ maxBodyBytes: LARGE });
  const large = admit(announcing(LARGE));
  expect(large).toBeDefined();
  expect(admit(announcing(LARGE))).toBeUndefined();
  expect(room(announcing(SMALL_BODY_BYTES), { admit })).toBe(9);
  large?.release();
  expect(admit(announcing(LARGE))).toBeDefined();
});

it("frees a slot once, however often it is released", () => {
  const { admit } = setUp({ maxRequests: 2 });
  const slot = admit();
  admit();
  slot?.release();
  slot?.release();
  expect(room(new Headers(), { admit })).toBe(1);
});

/** Lets requests with bodies of these sizes take turns. Each parses in its turn, and the order is noted. */
async function takeTurns(sizes: readonly number[]) {
  const { admission } = setUp({ maxRequests: 100, maxBodyBytes: 1e9 });
  const order: (number | "round")[] = [];
  let isOver = false;
  const countRounds = (): void => {
    if (isOver) return;
    order.push("round");
    setImmediate(countRounds);
  };
  const turns = sizes.map(async (bytes) => {
    await admission.admit(new Headers(), LONGEST)?.turn(bytes);
    order.push(bytes);
  });
  setImmediate(countRounds);
  await Promise.all(turns);
  isOver = true;
  return order;
}

it("gives turns to large bodies one by one, each in its own event loop iteration, the smallest first", async () => {
  const order = await takeTurns([90_000, 30_000, 60_000]);
  expect(order.filter((entry) => entry !== "round")).toEqual([30_000, 60_000, 90_000]);
  const [first, second, third] = [30_000, 60_000, 90_000].map((bytes) => order.indexOf(bytes));
  expect(order.slice(first, second)).toContain("round");
  expect(order.slice(second, third)).toContain("round");
});

it("leaves the event loop to other work after a turn, for as long as the turn took", async () => {
  const { admission } = setUp({ maxRequests: 2, maxBodyBytes: 1e9 });
  const order: string[] = [];
  const takeTurn = async (bytes: number, parse: () => void): Promise<void> => {
    await admission.admit(new Headers(), LONGEST)?.turn(bytes);
    parse();
  };
  const first = takeTurn(30_000, () => {
    const startMs = performance.now();
    while (performance.now() - startMs < 20) order.length = 0;
    order.push("first");
    setTimeout(() => order.push("10 ms later"), 10);
  });
  const second = takeTurn(60_000, () => order.push("second"));
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "10 ms later", "second"]);
});

it("lets small bodies pass without waiting", async () => {
  const order = await takeTurns([90_000, 60_000, 1, SMALL_BODY_BYTES]);
  expect(order.slice(0, 2)).toEqual([1, SMALL_BODY_BYTES]);
});

it("gives turns again after the line was empty", async () => {
  const { admit } = setUp();
  const slot = admit();
  const turns = [];
  for (let round = 0; round < 3; round++) turns.push(await Promise.all([slot?.turn(LARGE), slot?.turn(LARGE)]));
  expect(turns).toHaveLength(3);
});
