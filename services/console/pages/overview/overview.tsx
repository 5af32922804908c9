import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { LIST_LIVE_SECONDS, respondWithPage } from "../../layout/page.tsx";
import { LetterTable } from "./letter-table.tsx";
import { QueueTable } from "./queue-table.tsx";
import { ThroughputCharts } from "./throughput-charts.tsx";

/** How all of it goes: what has happened within the last hour, the queues, and what has died. */
export function addOverview(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/", async (context) => {
    const reads = context.get("reads");
    const [queues, letters, minutes, types] = await Promise.all([
      reads.queues(),
      reads.letterSummary(),
      reads.throughput(),
      reads.taskTypes(),
    ]);
    const head = { title: "Overview", place: "overview", liveSeconds: LIST_LIVE_SECONDS } as const;
    return await respondWithPage(
      context,
      console,
      head,
      <>
        <h1 class="unseen">Overview</h1>
        <ThroughputCharts minutes={minutes} />
        <QueueTable queues={queues} types={types} />
        <LetterTable summary={letters} />
      </>,
    );
  });
}
