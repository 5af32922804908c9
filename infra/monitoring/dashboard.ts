import { ALERTS } from "./alerts/alerts.ts";
import { type SeriesName, type Watched, seriesOf } from "./series.ts";

/** The charts: a title, the series to draw, and their unit. */
const CHARTS: readonly { readonly title: string; readonly series: readonly SeriesName[]; readonly unit: string }[] = [
  { title: "Enqueued, by queue", series: ["enqueued"], unit: "tasks" },
  { title: "Attempts, by response code", series: ["attempts"], unit: "attempts" },
  { title: "Attempts that get 401, 403 or 404, by queue", series: ["turnedAway"], unit: "attempts" },
  { title: "Deliveries, by outcome", series: ["outcomes"], unit: "deliveries" },
  { title: "Done, by type", series: ["done"], unit: "tasks" },
  { title: "Retried, by type", series: ["retried"], unit: "deliveries" },
  { title: "Dead, by type", series: ["dead"], unit: "tasks" },
  { title: "Delay, median and 99th percentile, by queue", series: ["delayP50", "delayP99"], unit: "ms" },
  { title: "Delay, 99th percentile, by type", series: ["delayByType"], unit: "ms" },
  { title: "Held by each queue, due or not", series: ["depth"], unit: "tasks" },
  { title: "Oldest task in the outbox", series: ["outboxAge"], unit: "ms" },
  { title: "Requests to enqueue, and those that failed", series: ["requests", "failedRequests"], unit: "requests" },
  { title: "Done after they were due, 99th percentile", series: ["completionP99"], unit: "ms" },
  { title: "Instances", series: ["instances"], unit: "instances" },
  { title: "Memory in use, 99th percentile", series: ["memory"], unit: "of the limit" },
  {
    title: "Failed rollouts, instances out of memory, failed calls of Cloud Scheduler",
    series: ["failedRollouts", "memoryKills", "failedJobs"],
    unit: "events",
  },
  { title: "5xx responses, by service", series: ["serverErrors"], unit: "requests" },
  { title: "Deliveries refused for their token", series: ["refused"], unit: "deliveries" },
  { title: "Firestore calls aborted by contention", series: ["contention"], unit: "calls" },
];

const COLUMNS = 12;
const TILE_WIDTH = 6;
const TILE_HEIGHT = 4;
const STEP = "300s";

/**
 * The dashboard in Cloud Monitoring's format
 * (https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards): one chart per question, two to a row,
 * with the alerts' thresholds drawn in unless they are zero.
 */
export function describeDashboard(title: string, watched: Watched): object {
  const all = seriesOf(watched);
  const tiles = CHARTS.map((chart, index) => ({
    xPos: (index * TILE_WIDTH) % COLUMNS,
    yPos: Math.floor((index * TILE_WIDTH) / COLUMNS) * TILE_HEIGHT,
    width: TILE_WIDTH,
    height: TILE_HEIGHT,
    widget: {
      title: chart.title,
      xyChart: {
        dataSets: chart.series.map((name) => {
          const { filter, aligner, reducer, groupBy } = all[name];
          const aggregation = {
            alignmentPeriod: STEP,
            perSeriesAligner: aligner,
            crossSeriesReducer: reducer,
            groupByFields: [...groupBy],
          };
          return { plotType: "LINE", timeSeriesQuery: { timeSeriesFilter: { filter, aggregation } } };
        }),
        thresholds: thresholdsOf(chart.series),
        yAxis: { label: chart.unit, scale: "LINEAR" },
      },
    },
  }));
  return withoutDefaults({ displayName: title, mosaicLayout: { columns: COLUMNS, tiles } });
}

function thresholdsOf(series: readonly SeriesName[]): { value: number }[] {
  return ALERTS.flatMap((alert) =>
    "series" in alert && series.includes(alert.series) && alert.above > 0 ? [{ value: alert.above }] : [],
  );
}

/**
 * Cloud Monitoring doesn't store zeros and empty lists, so a description with them would show a diff on every update.
 */
function withoutDefaults(description: object): object {
  return JSON.parse(JSON.stringify(description, (_, value: unknown) => (isDefault(value) ? undefined : value)));
}

function isDefault(value: unknown): boolean {
  return value === 0 || (Array.isArray(value) && value.length === 0);
}
