import type { Hono } from "hono";
import type { Console } from "../../console.ts";
import type { ConsoleEnv } from "../../http/console-env.ts";
import { LIST_LIVE_SECONDS, respondWithPage } from "../../layout/page.tsx";
import { LetterTable } from "./letter-table.tsx";
import { PartSection } from "./part-section.tsx";
import { QueueTable } from "./queue-table.tsx";
import { readPart, refuseIfNone } from "./read-part.ts";
import { ThroughputCharts } from "./throughput-charts.tsx";

/** An overview: the last hour's throughput, the queues, and the open dead letters. */
export function addOverview(app: Hono<ConsoleEnv>, console: Console): void {
  app.get("/", async (context) => {
    const reads = context.get("reads");
    const { clock } = console;
    const [queues, letters, minutes, types] = await Promise.all([
      readPart(() => reads.queues(), clock),
      readPart(() => reads.letterSummary(), clock),
      readPart(() => reads.throughput(), clock),
      readPart(() => reads.taskTypes(), clock),
    ]);
    refuseIfNone([queues, letters, minutes]);
    const known = types.kind === "read" ? types.value : undefined;
    const head = { title: "Overview", place: "overview", liveSeconds: LIST_LIVE_SECONDS } as const;
    return await respondWithPage(
      context,
      console,
      head,
      <>
        <h1 class="unseen">Overview</h1>
        <PartSection title="Last hour" part={minutes} show={(minutes) => <ThroughputCharts minutes={minutes} />} />
        <PartSection title="Queues" part={queues} show={(queues) => <QueueTable queues={queues} types={known} />} />
        <PartSection title="Dead letters" part={letters} show={(letters) => <LetterTable summary={letters} />} />
      </>,
    );
  });
}
