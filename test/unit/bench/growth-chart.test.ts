import { expect, test } from "vitest";
import { chartSvg } from "../../bench/growth/chart.ts";

const CHART = { title: "Cost & size", x: "KB", isLog: false, unit: "CPU ms" };

/** The places of a chart's lines, series by series. */
function linesOf(svg: string): number[][][] {
  return [...svg.matchAll(/<polyline [^>]*points="([^"]*)"/g)].map(([, points = ""]) =>
    points.split(" ").map((place) => place.split(",").map(Number)),
  );
}

test("proportional costs are a straight line, and twice the cost is twice as high above 0", () => {
  const single = { name: "single", points: [1, 2, 4].map((x) => [x, x] as const) };
  const double = { name: "double", points: [1, 2, 4].map((x) => [x, 2 * x] as const) };
  const [one = [], two = []] = linesOf(chartSvg({ ...CHART, series: [single, double] }));

  const slopes = [one, two].map(([[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = []]) => [
    (y1 - y0) / (x1 - x0),
    (y2 - y1) / (x2 - x1),
  ]);
  for (const [first = 0, second] of slopes) expect(second).toBeCloseTo(first, 2);
  expect((slopes[1]?.[0] ?? 0) / (slopes[0]?.[0] ?? 0)).toBeCloseTo(2, 2);
});

test("on a logarithmic axis, equal factors are equally far apart", () => {
  const series = [{ name: "flat", points: [10, 1_000, 100_000].map((x) => [x, 3] as const) }];
  const [[[left = 0] = [], [middle = 0] = [], [right = 0] = []] = []] = linesOf(
    chartSvg({ ...CHART, isLog: true, series }),
  );

  expect(middle - left).toBeCloseTo(right - middle, 1);
});

test("text is escaped, and each series has a label and colours for light and for dark", () => {
  const series = ["a<b", "c"].map((name) => ({ name, points: [[1, 1] as const, [2, 1] as const] }));
  const svg = chartSvg({ ...CHART, series });

  expect(svg).toContain(">Cost &amp; size</text>");
  expect(svg).toContain(">a&lt;b</text>");
  expect(svg).toContain("@media(prefers-color-scheme:dark)");
  expect(svg.match(/\.s1\{/g)).toHaveLength(2);
});
