/** The pages for selected letters. No letter's own page can have these addresses. */
export const REPLAY_SELECTED = "/selected-letters/replay";
export const DELETE_SELECTED = "/selected-letters/delete";

/** The field that names a selected letter. Forms repeat it. */
export const LETTER_FIELD = "letter";
