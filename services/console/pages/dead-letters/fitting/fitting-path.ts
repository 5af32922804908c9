/** The page that replays the letters that fit a filter. No letter's own page can have this address. */
export const FITTING_PATH = "/fitting-letters/replay";
