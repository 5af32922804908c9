/** The page that replays the letters that match a filter. No letter's own page can have this address. */
export const REPLAY_MATCHING_PATH = "/matching-letters/replay";
