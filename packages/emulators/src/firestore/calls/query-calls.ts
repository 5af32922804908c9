import type { RpcHandler } from "../../rpc/bind-service.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { aggregate, aggregatedFields } from "../query/aggregation.ts";
import type { Databases } from "../databases.ts";
import { documentMessage } from "../store/document-message.ts";
import type { StoredDocument } from "../store/document.ts";
import { compareNames } from "../values/ordering.ts";
import { compileQuery } from "../query/query.ts";
import { checkParent } from "../store/resource-name.ts";
import type { Aggregation, StructuredQuery } from "../query/structured-query.ts";
import { type WireInt64, timestampOf, toNumber } from "../values/value.ts";
import { type ConsistencySelector, openView } from "./consistency.ts";

interface RunQueryRequest extends ConsistencySelector {
  readonly parent: string;
  readonly structuredQuery?: StructuredQuery | null;
  readonly explainOptions?: object | null;
}

interface RunAggregationQueryRequest extends ConsistencySelector {
  readonly parent: string;
  readonly structuredAggregationQuery?: {
    readonly structuredQuery?: StructuredQuery | null;
    readonly aggregations?: readonly Aggregation[];
  } | null;
  readonly explainOptions?: object | null;
}

interface PartitionQueryRequest extends ConsistencySelector {
  readonly parent: string;
  readonly structuredQuery?: StructuredQuery | null;
  readonly partitionCount: WireInt64;
}

/** The calls that query. */
export function queryCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    async RunQuery(request: RunQueryRequest, send) {
      refuseExplain(request);
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      const query = compileQuery(request.parent, request.structuredQuery ?? {});

      const { view, begun } = openView(database, request);
      const read = await database.readQuery(query, view);
      const readTime = timestampOf(read.readTime);
      if (begun) send({ transaction: begun.id });
      let skippedResults = request.structuredQuery?.offset ?? 0;
      for (const document of read.value) {
        send({ document: documentMessage(query.project(document)), readTime, skippedResults });
        skippedResults = 0;
      }
      if (read.value.length === 0) send({ readTime });
    },

    async RunAggregationQuery(request: RunAggregationQueryRequest, send) {
      refuseExplain(request);
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      const { structuredQuery, aggregations = [] } = request.structuredAggregationQuery ?? {};
      const query = compileQuery(request.parent, structuredQuery ?? {}, aggregatedFields(aggregations));

      const { view, begun } = openView(database, request);
      const read = await database.readQuery(query, view);
      send({
        result: { aggregateFields: aggregate(read.value, aggregations) },
        readTime: timestampOf(read.readTime),
        ...(begun ? { transaction: begun.id } : {}),
      });
    },

    async PartitionQuery(request: PartitionQueryRequest) {
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      const wanted = toNumber(request.partitionCount);
      if (wanted < 1) throw new RpcError(RpcCode.INVALID_ARGUMENT, "partition_count must be positive.");
      const query = compileQuery(request.parent, request.structuredQuery ?? {});

      const { view } = openView(database, request);
      const { value: documents } = await database.readQuery(query, view);
      const partitions = splitPoints(documents, wanted).map((referenceValue) => ({ values: [{ referenceValue }] }));
      return { partitions, nextPageToken: "" };
    },
  };
}

/** Names that split the documents into at most `wanted` + 1 parts of similar size, none of them empty. */
function splitPoints(documents: readonly StoredDocument[], wanted: number): string[] {
  const names = documents.map((document) => document.name).toSorted(compareNames);
  const points = Math.min(wanted, Math.max(0, names.length - 1));
  return Array.from(
    { length: points },
    (_, index) => names[Math.floor(((index + 1) * names.length) / (points + 1))] ?? "",
  );
}

function refuseExplain({ explainOptions }: { readonly explainOptions?: object | null }): void {
  if (explainOptions) throw new RpcError(RpcCode.UNIMPLEMENTED, "Explaining queries is not supported.");
}
