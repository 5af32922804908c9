/** The collection of the schedules' states, by name. It holds nothing else, and nothing expires. */
export const TASK_SCHEDULES = "taskSchedules";
