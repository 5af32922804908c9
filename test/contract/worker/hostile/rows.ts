/** Hostile input that the worker must survive, and its response. Each row has at least one test in this folder. */
export const WORKER_ROWS = {
  1: "an Authorization that isn't one bearer token: 401, no key fetched",
  2: "a token under another algorithm or with fields that name another key: 401",
  3: "1,000 unknown key ids: 401 each, keys fetched once",
  4: "a good token of another account: 403",
  5: "another audience, or one that only looks like ours: 401",
  6: "another issuer: 401; an email that is missing or not verified: 403",
  7: "times that are past, ahead, too far apart or not numbers: 401",
  8: "a key server that fails: 503 without keys, 200 with them",
  9: "X-Serverless-Authorization: 401",
  10: "a valid request replayed: 200 as a duplicate",
  11: "a task's name of another form, or another task's: 400",
  12: "a path or a hash that contradicts the envelope: 400",
  13: "another queue's name: 403",
  14: "an impossible retry count: handled, attempts come from the record",
  15: "a body that is too large, of another type, or no JSON of ours: 413, 415, 400",
  16: "requests that aren't HTTP, or are too slow: refused or closed while others are served",
  25: "a webhook to an address that isn't public: dead, nothing sent",
  26: "secrets: in no response and no log line",
  27: "an emulator's variable on Cloud Run: no start, one clear line",
} as const;

export type WorkerRow = keyof typeof WORKER_ROWS;
