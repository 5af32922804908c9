/** An error as Google's APIs answer it (https://cloud.google.com/apis/design/errors). */
export class Refusal extends Error {
  readonly code: number;
  readonly status: string;
  readonly details: readonly unknown[];

  constructor(code: number, status: string, message: string, details: readonly unknown[] = []) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
  }

  get body() {
    const { code, status, message, details } = this;
    return { error: { code, status, message, ...(details.length > 0 ? { details } : {}) } };
  }
}

export const notFound = (name: string) => new Refusal(404, "NOT_FOUND", `Resource '${name}' was not found`);
export const alreadyExists = (name: string) => new Refusal(409, "ALREADY_EXISTS", `Resource '${name}' already exists`);
export const invalid = (message: string) => new Refusal(400, "INVALID_ARGUMENT", message);
