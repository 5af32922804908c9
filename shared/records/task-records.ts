/** The collection of task records. A document's id is the task's id, and no field is indexed. */
export const TASK_RECORDS = "taskRecords";
