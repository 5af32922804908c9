/** The collection of what is remembered of each schedule, by its name. Nothing else is in it, and nothing expires. */
export const TASK_SCHEDULES = "taskSchedules";
