import { GoogleAuth } from "google-auth-library";
import * as z from "zod";
import { COUNTED_OUTCOMES, type Counted, createdFilter, outcomesFilter } from "../../../shared/monitoring/counted.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { fetchJson } from "./fetch-json.ts";
import { MINUTE_MS, type MinuteCounts, NONE, type Throughput, minuteOf } from "./throughput.ts";

const ENDPOINT = "https://monitoring.googleapis.com";
const SCOPE = "https://www.googleapis.com/auth/monitoring.read";
const TIMEOUT_MS = 8_000;

/** Which data to read from Cloud Monitoring, and how. */
export interface MonitoringSettings {
  readonly project: string;
  /** The queues' names in Cloud Tasks. */
  readonly queueNames: readonly string[];
  /** The name of the log-based metric that counts deliveries. */
  readonly deliveriesMetric: string;
  readonly clock: Clock;
  /** The API's address. Default: Google's. */
  readonly endpoint?: string;
  /** Authentication headers. Default: from the process's own credentials, which are looked up on first use. */
  readonly headers?: () => Promise<Headers>;
}

/** The counts in Cloud Monitoring, which keeps them for weeks and lags by some minutes. */
export function createCloudMonitoring(settings: MonitoringSettings): Throughput {
  const { queueNames, deliveriesMetric: metric, clock } = settings;
  const headers = settings.headers ?? googlesHeaders();
  const filters: readonly (readonly [Counted, string])[] = [
    ["enqueued", createdFilter(queueNames)],
    ["done", outcomesFilter(metric, COUNTED_OUTCOMES.done)],
    ["retried", outcomesFilter(metric, COUNTED_OUTCOMES.retried)],
    ["dead", outcomesFilter(metric, COUNTED_OUTCOMES.dead)],
  ];
  return {
    async read(minutes) {
      // Whole minutes only. The current one isn't in Cloud Monitoring yet.
      const toMs = minuteOf(clock.now());
      const span = { fromMs: toMs - minutes * MINUTE_MS, toMs };
      const counts = new Map<number, MinuteCounts>();
      const add = async ([counted, filter]: (typeof filters)[number]): Promise<void> => {
        for (const [minuteMs, count] of await list(filter, span, { ...settings, headers })) {
          counts.set(minuteMs, { ...(counts.get(minuteMs) ?? NONE), [counted]: count });
        }
      };
      await Promise.all(filters.map(add));
      return counts;
    },
  };
}

/** The form of a response (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list). */
const timeSeriesSchema = z.object({
  timeSeries: z
    .array(
      z.object({
        points: z.array(
          z.object({
            interval: z.object({ endTime: z.iso.datetime({ offset: true }) }),
            // JSON represents 64-bit integers as text. Aligned ones may be fractions.
            value: z.object({ int64Value: z.coerce.number().optional(), doubleValue: z.number().optional() }),
          }),
        ),
      }),
    )
    .default([]),
});

/** A total for each minute, by the start of the minute. */
async function list(
  filter: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  settings: MonitoringSettings & { readonly headers: () => Promise<Headers> },
): Promise<readonly (readonly [minuteMs: number, count: number])[]> {
  const { project, endpoint = ENDPOINT, clock, headers } = settings;
  const url = new URL(`/v3/projects/${project}/timeSeries`, endpoint);
  const parameters = {
    filter,
    "interval.startTime": new Date(fromMs).toISOString(),
    "interval.endTime": new Date(toMs).toISOString(),
    "aggregation.alignmentPeriod": `${MINUTE_MS / 1_000}s`,
    "aggregation.perSeriesAligner": "ALIGN_DELTA",
    "aggregation.crossSeriesReducer": "REDUCE_SUM",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const read = await fetchJson(url, { clock, timeoutMs: TIMEOUT_MS, headers });
  // A metric without any counts yet is not found.
  const { data, error } = timeSeriesSchema.safeParse(read ?? {});
  if (!data) throw new DependencyError("monitoring", error);
  return data.timeSeries.flatMap(({ points }) =>
    points.map(({ interval, value }) => {
      const count = Math.round(value.int64Value ?? value.doubleValue ?? 0);
      return [minuteOf(Date.parse(interval.endTime) - MINUTE_MS), count] as const;
    }),
  );
}

function googlesHeaders(): () => Promise<Headers> {
  const auth = new GoogleAuth({ scopes: SCOPE });
  return async () => await auth.getRequestHeaders();
}
