/** Some lines over one axis. */
export interface Chart {
  readonly title: string;
  /** What grows, with its unit. */
  readonly x: string;
  /** Whether each step of the x axis is a multiple of the one before. */
  readonly isLog: boolean;
  /** Of all y values, which start at 0. */
  readonly unit: string;
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

const WIDTH = 720;
const HEIGHT = 340;
const LEFT = 56;
const RIGHT = 190;
const TOP = 56;
const BOTTOM = 48;
const PLOT_RIGHT = WIDTH - RIGHT;
const PLOT_BOTTOM = HEIGHT - BOTTOM;
const LABEL_HEIGHT = 16;

/** Blue, orange, green and purple that differ for the colour-blind as well, for light and for dark. */
const COLOURS = [
  ["#2a6fbb", "#6aaef2"],
  ["#c2571a", "#f0955c"],
  ["#2e7d4f", "#66c08c"],
  ["#7a4fa3", "#b893e0"],
] as const;
const SHAPES = ["circle", "square", "diamond", "triangle"] as const;

/** Draws a chart as an SVG file that is readable on light and on dark pages. */
export function chartSvg(chart: Chart): string {
  const scales = scalesOf(chart);
  const parts = [
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    text({ x: LEFT, y: 26, kind: "title" }, chart.title),
    text({ x: LEFT, y: 44, kind: "note" }, chart.unit),
    ...scales.yTicks.flatMap((tick) => [
      `<line class="grid" x1="${LEFT}" x2="${PLOT_RIGHT}" y1="${scales.y(tick)}" y2="${scales.y(tick)}"/>`,
      text({ x: LEFT - 8, y: scales.y(tick) + 4, kind: "note", anchor: "end" }, String(tick)),
    ]),
    ...scales.xTicks.map((tick) =>
      text({ x: scales.x(tick), y: PLOT_BOTTOM + 18, kind: "note", anchor: "middle" }, tick.toLocaleString("en-US")),
    ),
    text({ x: (LEFT + PLOT_RIGHT) / 2, y: HEIGHT - 10, kind: "note", anchor: "middle" }, chart.x),
    ...chart.series.map((series, index) => lineOf(series.points, index, scales)),
    ...labelsOf(chart, scales),
  ];
  const size = `width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(chart.title)}">`;
  return [open, `<style>${STYLE}</style>`, ...parts, "</svg>", ""].join("\n");
}

const colourRules = (theme: 0 | 1): string =>
  COLOURS.map((pair, index) => `.s${index}{stroke:${pair[theme]};color:${pair[theme]}}`).join("");

const STYLE = [
  "text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:14px;font-weight:600}.note{fill:#59636e}",
  ".page{fill:#fff}.grid{stroke:#d1d9e0;stroke-width:1}.line{fill:none;stroke-width:2}.mark{fill:currentColor}",
  colourRules(0),
  "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}.page{fill:#0d1117}.grid{stroke:#3d444d}",
  `${colourRules(1)}}`,
].join("");

interface Scales {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
}

function scalesOf({ series, isLog }: Chart): Scales {
  const xTicks = series[0]?.points.map(([x]) => x) ?? [];
  const along = (value: number): number => (isLog ? Math.log(value) : value);
  const [first, last] = [along(xTicks[0] ?? 0), along(xTicks.at(-1) ?? 1)];
  const yTicks = ticksUpTo(Math.max(...series.flatMap(({ points }) => points.map(([, y]) => y))));
  const highest = yTicks.at(-1) ?? 1;
  return {
    x: (value) => rounded(LEFT + ((along(value) - first) / (last - first)) * (PLOT_RIGHT - LEFT)),
    y: (value) => rounded(PLOT_BOTTOM - (value / highest) * (PLOT_BOTTOM - TOP)),
    xTicks,
    yTicks,
  };
}

const MAX_STEPS = 5;

/** Round numbers from 0 to the first that is not below `highest`. */
function ticksUpTo(highest: number): number[] {
  const power = 10 ** Math.floor(Math.log10(highest));
  const steps = [0.1, 0.2, 0.5, 1, 2].map((factor) => factor * power);
  const step = steps.find((each) => highest / each <= MAX_STEPS) ?? highest;
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => Number((index * step).toPrecision(3)));
}

function lineOf(points: Chart["series"][number]["points"], index: number, { x, y }: Scales): string {
  const places = points.map(([at, value]) => [x(at), y(value)] as const);
  const marks = places.map(([left, top]) => markAt(left, top, index)).join("");
  return `<polyline class="line s${index}" points="${places.map((place) => place.join(",")).join(" ")}"/>${marks}`;
}

/** A mark of the series' own shape, so that nobody needs its colour. */
function markAt(x: number, y: number, index: number): string {
  const shape = SHAPES[index % SHAPES.length];
  const as = `class="mark s${index}"`;
  if (shape === "circle") return `<circle ${as} cx="${x}" cy="${y}" r="3.5"/>`;
  if (shape === "square") return `<rect ${as} x="${rounded(x - 3)}" y="${rounded(y - 3)}" width="6" height="6"/>`;
  const corners = shape === "diamond" ? [[0, -4.5], [4.5, 0], [0, 4.5], [-4.5, 0]] : [[0, -4], [4, 3.5], [-4, 3.5]]; // prettier-ignore
  const points = corners.map(([right = 0, down = 0]) => `${rounded(x + right)},${rounded(y + down)}`).join(" ");
  return `<polygon ${as} points="${points}"/>`;
}

/** Each series' name at the end of its line, moved apart where lines end close together. */
function labelsOf({ series }: Chart, { y }: Scales): string[] {
  const ends = series.map(({ name, points }, index) => ({ name, index, top: y(points.at(-1)?.[1] ?? 0) }));
  let lowest = Number.NEGATIVE_INFINITY;
  return ends
    .toSorted((a, b) => a.top - b.top)
    .map(({ name, index, top }) => {
      lowest = Math.max(top, lowest + LABEL_HEIGHT);
      const mark = markAt(PLOT_RIGHT + 16, rounded(lowest), index);
      return mark + text({ x: PLOT_RIGHT + 26, y: rounded(lowest + 4), kind: "label" }, name);
    });
}

function text(at: { x: number; y: number; kind: string; anchor?: string }, content: string): string {
  const anchor = at.anchor === undefined ? "" : ` text-anchor="${at.anchor}"`;
  return `<text class="${at.kind}" x="${at.x}" y="${at.y}"${anchor}>${escaped(content)}</text>`;
}

const escaped = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const rounded = (value: number): number => Number(value.toFixed(1));
