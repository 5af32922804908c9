import type { CompiledQuery, QueryResult } from "../query/query.ts";

/** A decoded google.firestore.v1.ExplainOptions. */
export interface ExplainOptions {
  /** Whether the query runs, or is only planned. */
  readonly analyze?: boolean;
}

/** What a query was asked to explain. */
export interface Explained {
  readonly explainOptions?: ExplainOptions | null;
}

/** Index entries that one read operation pays for: https://firebase.google.com/docs/firestore/pricing#operations */
const ENTRIES_PER_AGGREGATION_READ = 1_000;
const ENTRIES_PER_SEARCH_READ = 100;

const NANOS_PER_MS = 1_000_000;

/** Whether a query is only planned: it reads nothing, and takes no locks. */
export function isOnlyPlanned({ explainOptions }: Explained): boolean {
  return explainOptions ? explainOptions.analyze !== true : false;
}

/** The google.firestore.v1.ExplainMetrics of a query that is only planned. */
export function planMetrics(query: CompiledQuery): object {
  const indexesUsed = query.plan().map(({ queryScope, properties }) => struct({ query_scope: queryScope, properties }));
  return { planSummary: { indexesUsed } };
}

/**
 * The google.firestore.v1.ExplainMetrics of a query that ran. Counts are what the service would have read and billed with
 * the planned indexes; the emulator itself has none, and looks at every document in scope.
 *
 * @param run.startedAtMs by `performance.now()`.
 */
export function executionMetrics(
  query: CompiledQuery,
  run: { readonly result: QueryResult; readonly isAggregated: boolean; readonly startedAtMs: number },
): object {
  const { result, isAggregated, startedAtMs } = run;
  const cost = isAggregated ? costOfAggregation(result) : costOfQuery(result, query);
  const reads = cost.documents + cost.entryReads;
  const debugStats = struct({
    index_entries_scanned: String(result.scanned),
    documents_scanned: String(cost.documents),
    billing_details: struct({
      documents_billable: String(cost.documents),
      index_entries_billable: String(cost.entries),
      min_query_cost: reads === 0 ? "1" : "0",
      small_ops: "0",
    }),
  });
  return {
    ...planMetrics(query),
    executionStats: {
      resultsReturned: isAggregated ? 1 : result.documents.length,
      executionDuration: { nanos: Math.max(1, Math.round((performance.now() - startedAtMs) * NANOS_PER_MS)) },
      readOperations: Math.max(1, reads),
      debugStats,
    },
  };
}

interface Cost {
  readonly documents: number;
  /** Index entries that are billed, and the read operations that they cost. */
  readonly entries: number;
  readonly entryReads: number;
}

function costOfAggregation({ scanned }: QueryResult): Cost {
  return { documents: 0, entries: scanned, entryReads: Math.ceil(scanned / ENTRIES_PER_AGGREGATION_READ) };
}

/** Documents that an offset skips are billed like others, and a vector search bills what it looks through as well. */
function costOfQuery({ documents, scanned }: QueryResult, { searchesVectors }: CompiledQuery): Cost {
  if (!searchesVectors) return { documents: scanned, entries: 0, entryReads: 0 };
  return { documents: documents.length, entries: scanned, entryReads: Math.ceil(scanned / ENTRIES_PER_SEARCH_READ) };
}

type Struct = { readonly fields: Readonly<Record<string, object>> };

/** A google.protobuf.Struct of texts and other structs. */
function struct(members: Readonly<Record<string, string | Struct>>): Struct {
  const fields = Object.entries(members).map(([name, member]) => [
    name,
    typeof member === "string" ? { stringValue: member } : { structValue: member },
  ]);
  return { fields: Object.fromEntries(fields) };
}
