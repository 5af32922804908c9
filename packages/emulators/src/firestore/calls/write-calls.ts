import { randomBytes } from "node:crypto";
import type { RpcHandler } from "../../rpc/bind-service.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Database } from "../database.ts";
import type { Databases } from "../databases.ts";
import { documentMessage, parseMask } from "../store/document-message.ts";
import { checkCollectionId, checkDocumentName } from "../store/resource-name.ts";
import type { WriteResult } from "../store/staging.ts";
import { type Fields, timestampOf } from "../values/value.ts";
import { type WireWrite, type Write, parseWrite } from "../store/write.ts";
import type { WirePrecondition } from "../store/precondition.ts";

interface CommitRequest {
  readonly database: string;
  readonly writes?: readonly WireWrite[];
  readonly transaction?: Uint8Array;
}

interface BatchWriteRequest {
  readonly database: string;
  readonly writes?: readonly WireWrite[];
}

interface WireMask {
  readonly fieldPaths?: readonly string[];
}

interface CreateDocumentRequest {
  readonly parent: string;
  readonly collectionId: string;
  readonly documentId?: string;
  readonly document?: { readonly name?: string; readonly fields?: Fields } | null;
  readonly mask?: WireMask | null;
}

interface UpdateDocumentRequest {
  readonly document?: { readonly name?: string; readonly fields?: Fields } | null;
  readonly updateMask?: WireMask | null;
  readonly mask?: WireMask | null;
  readonly currentDocument?: WirePrecondition | null;
}

interface DeleteDocumentRequest {
  readonly name: string;
  readonly currentDocument?: WirePrecondition | null;
}

/** The calls that write. */
export function writeCalls(databases: Databases): Record<string, RpcHandler> {
  return {
    async Commit(request: CommitRequest) {
      const database = databases.named(request.database);
      const transaction = request.transaction?.length ? database.useTransaction(request.transaction) : null;
      const writes = (request.writes ?? []).map((wire) => parseWriteTo(database, wire));
      const { results, time } = await database.commit(writes, transaction);
      return { writeResults: results.map(writeResultMessage), commitTime: timestampOf(time) };
    },

    async BatchWrite(request: BatchWriteRequest) {
      const database = databases.named(request.database);
      const writes = request.writes ?? [];
      checkDistinct(writes);
      const parsed = writes.map((wire) => parseWriteTo(database, wire));
      const outcomes = await Promise.all(parsed.map((write) => writeAlone(database, write)));
      return {
        writeResults: outcomes.map(({ writeResult }) => writeResult),
        status: outcomes.map(({ status }) => status),
      };
    },

    async CreateDocument(request: CreateDocumentRequest) {
      const id = request.documentId ? request.documentId : randomBytes(10).toString("hex");
      checkCollectionId(request.collectionId);
      if (id.includes("/")) throw new RpcError(RpcCode.INVALID_ARGUMENT, `Document id "${id}" contains a slash.`);
      if (request.document?.name) throw new RpcError(RpcCode.INVALID_ARGUMENT, "document.name must not be set");
      const name = `${request.parent}/${request.collectionId}/${id}`;
      const update = { name, fields: request.document?.fields ?? {} };
      return writeAndRead(databases.of(name), { update, currentDocument: { exists: false } }, request.mask);
    },

    async UpdateDocument({ document, updateMask, mask, currentDocument }: UpdateDocumentRequest) {
      const update = { name: document?.name ?? "", fields: document?.fields ?? {} };
      const write = { update, updateMask: updateMask ?? null, currentDocument: currentDocument ?? null };
      return writeAndRead(databases.of(update.name), write, mask);
    },

    async DeleteDocument({ name, currentDocument }: DeleteDocumentRequest) {
      const database = databases.of(name);
      const write = parseWriteTo(database, { delete: name, currentDocument: currentDocument ?? null });
      await database.commit([write], null);
      return {};
    },
  };
}

function parseWriteTo(database: Database, wire: WireWrite): Write {
  const write = parseWrite(wire);
  checkDocumentName(write.name, database.root);
  return write;
}

/** The writes of a BatchWrite are independent once all are well-formed: each is a commit, and none waits for another. */
async function writeAlone(database: Database, write: Write): Promise<{ writeResult: object; status: object }> {
  try {
    const { results } = await database.commit([write], null);
    return { writeResult: results[0] ? writeResultMessage(results[0]) : {}, status: { code: RpcCode.OK } };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { writeResult: {}, status: { code: error.code, message: error.message } };
  }
}

function checkDistinct(writes: readonly WireWrite[]): void {
  const names = new Set(writes.map((wire) => wire.update?.name ?? wire.transform?.document ?? wire.delete));
  if (names.size < writes.length) {
    throw new RpcError(
      RpcCode.INVALID_ARGUMENT,
      "Cannot write to the same document multiple times in a single BatchWrite request.",
    );
  }
}

async function writeAndRead(database: Database, wire: WireWrite, mask: WireMask | null | undefined): Promise<object> {
  const write = parseWriteTo(database, wire);
  const fieldMask = parseMask(mask);
  const { results } = await database.commit([write], null);
  const document = results[0]?.document;
  return document ? documentMessage(document, fieldMask) : {};
}

function writeResultMessage({ document, transformResults }: WriteResult): object {
  return { ...(document ? { updateTime: timestampOf(document.updateTime) } : {}), transformResults };
}
