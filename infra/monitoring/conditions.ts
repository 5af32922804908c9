import type * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import type { Alert, BurnRateAlert, QueryAlert, ThresholdAlert } from "./alerts/alert.ts";
import { type Watched, seriesOf } from "./series.ts";

/** How often a query is evaluated. */
const QUERY_INTERVAL = "60s";

type Condition = gcp.types.input.monitoring.AlertPolicyCondition;

/** The conditions of an alert, all of which must hold. */
export function conditionsOf(alert: Alert, watched: pulumi.Output<Watched>): readonly Condition[] {
  if ("query" in alert) return [conditionOfQuery(alert, watched)];
  if ("series" in alert) return [conditionOfThreshold(alert, watched)];
  return alert.windowsS.map((windowS) => conditionOfBurnRate(alert, windowS, watched));
}

function conditionOfThreshold(alert: ThresholdAlert, watched: pulumi.Output<Watched>): Condition {
  const series = watched.apply((names) => seriesOf(names)[alert.series]);
  return {
    displayName: alert.title,
    conditionThreshold: {
      filter: series.filter,
      comparison: "COMPARISON_GT",
      thresholdValue: alert.above,
      duration: `${alert.forS}s`,
      aggregations: [
        {
          alignmentPeriod: `${alert.stepS}s`,
          perSeriesAligner: series.aligner,
          crossSeriesReducer: series.reducer,
          groupByFields: series.apply(({ groupBy }) => [...groupBy]),
        },
      ],
    },
  };
}

function conditionOfQuery(alert: QueryAlert, watched: pulumi.Output<Watched>): Condition {
  return {
    displayName: alert.title,
    conditionPrometheusQueryLanguage: {
      query: watched.apply(alert.query),
      duration: `${alert.forS}s`,
      evaluationInterval: QUERY_INTERVAL,
      // A metric without any counts doesn't exist yet, and would be refused.
      disableMetricValidation: true,
    },
  };
}

/** https://cloud.google.com/stackdriver/docs/solutions/slo-monitoring/api/timeseries-selectors */
function conditionOfBurnRate(alert: BurnRateAlert, windowS: number, watched: pulumi.Output<Watched>): Condition {
  return {
    displayName: alert.title,
    conditionThreshold: {
      filter: watched.apply(
        ({ objectives }) => `select_slo_burn_rate("${objectives[alert.objective]}", "${windowS}s")`,
      ),
      comparison: "COMPARISON_GT",
      thresholdValue: alert.above,
      duration: `${alert.forS}s`,
    },
  };
}
