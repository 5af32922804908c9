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
import { type Explained, executionMetrics, isOnlyPlanned, planMetrics } from "./explain.ts";

interface RunQueryRequest extends ConsistencySelector, Explained {
  readonly parent: string;
  readonly structuredQuery?: StructuredQuery | null;
}

interface RunAggregationQueryRequest extends ConsistencySelector, Explained {
  readonly parent: string;
  readonly structuredAggregationQuery?: {
    readonly structuredQuery?: StructuredQuery | null;
    readonly aggregations?: readonly Aggregation[];
  } | null;
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
      const startedAtMs = performance.now();
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      const query = compileQuery(request.parent, structuredQueryOf(request));

      const { view, begun } = openView(database, request);
      const read = isOnlyPlanned(request) ? null : await database.readQuery(query, view);
      if (begun) send({ transaction: begun.id });
      if (!read) return send({ explainMetrics: planMetrics(query) });
      const { value: result } = read;
      const readTime = timestampOf(read.readTime);
      let skippedResults = request.structuredQuery?.offset ?? 0;
      for (const document of result.documents) {
        send({ document: documentMessage(query.project(document)), readTime, skippedResults });
        skippedResults = 0;
      }
      if (request.explainOptions) {
        send({ readTime, explainMetrics: executionMetrics(query, { result, isAggregated: false, startedAtMs }) });
      } else if (result.documents.length === 0) {
        send({ readTime });
      }
    },

    async RunAggregationQuery(request: RunAggregationQueryRequest, send) {
      const startedAtMs = performance.now();
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      if (!request.structuredAggregationQuery) {
        throw new RpcError(RpcCode.INVALID_ARGUMENT, "Only structured aggregation queries are supported.");
      }
      const { structuredQuery, aggregations = [] } = request.structuredAggregationQuery;
      const query = compileQuery(request.parent, structuredQuery ?? {}, aggregatedFields(aggregations));

      const { view, begun } = openView(database, request);
      const transaction = begun ? { transaction: begun.id } : {};
      if (isOnlyPlanned(request)) return send({ explainMetrics: planMetrics(query), ...transaction });
      const { value: result, readTime } = await database.readQuery(query, view);
      const explained = request.explainOptions
        ? { explainMetrics: executionMetrics(query, { result, isAggregated: true, startedAtMs }) }
        : {};
      send({
        result: { aggregateFields: aggregate(result.documents, aggregations) },
        readTime: timestampOf(readTime),
        ...transaction,
        ...explained,
      });
    },

    async PartitionQuery(request: PartitionQueryRequest) {
      const database = databases.of(request.parent);
      checkParent(request.parent, database.root);
      const wanted = toNumber(request.partitionCount);
      if (wanted < 1) throw new RpcError(RpcCode.INVALID_ARGUMENT, "partition_count must be positive.");
      const query = compileQuery(request.parent, structuredQueryOf(request));

      const { view } = openView(database, request);
      const { documents } = (await database.readQuery(query, view)).value;
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

function structuredQueryOf({
  structuredQuery,
}: {
  readonly structuredQuery?: StructuredQuery | null;
}): StructuredQuery {
  if (structuredQuery) return structuredQuery;
  throw new RpcError(RpcCode.INVALID_ARGUMENT, "only structured queries are supported");
}
