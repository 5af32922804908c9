type Write = (fields: object, message: string) => void;

/** Where an emulator tells what it does; pino's loggers are of this form. */
export interface EmulatorLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

const tellNobody: Write = () => undefined;

/** Tells nobody. */
export const silentLog: EmulatorLog = { info: tellNobody, warn: tellNobody, error: tellNobody };
