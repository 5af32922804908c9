/**
 * Runs a handler for a task unless it has run already: as people write it by hand, with a transaction before and one after.
 * A handler that ends without the second runs again.
 */
export async function runOnce(db, id, handle) {
  const record = db.collection("peers").doc(id);
  const isNew = await db.runTransaction(async (transaction) => {
    const found = await transaction.get(record);
    if (found.get("state") === "done") return false;
    transaction.set(record, { state: "running", startedAt: new Date() });
    return true;
  });
  if (!isNew) return;
  await handle();
  await db.runTransaction(async (transaction) => {
    await transaction.get(record);
    transaction.update(record, { state: "done", endedAt: new Date() });
  });
}
