import type { ThroughputMinute } from "../../../../packages/client/src/views/service.ts";
import { MinuteChart } from "../../parts/chart/minute-chart.tsx";

const CHARTS = [
  { field: "enqueued", label: "Enqueued", colour: "due" },
  { field: "done", label: "Done", colour: "good" },
  { field: "retried", label: "Retried", colour: "warn" },
  { field: "dead", label: "Dead", colour: "bad" },
] as const;

/** The last hour's throughput, minute by minute. */
export function ThroughputCharts({ minutes }: { readonly minutes: readonly ThroughputMinute[] }) {
  return (
    <section>
      <h2>Last hour</h2>
      <div class="charts">
        {CHARTS.map(({ field, label, colour }) => (
          <MinuteChart
            label={label}
            colour={colour}
            counts={minutes.map((minute) => ({ minute: minute.minute, count: minute[field] }))}
          />
        ))}
      </div>
    </section>
  );
}
