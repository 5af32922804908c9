type Write = (fields: object, message: string) => void;

/** Where an emulator logs what it does. Loggers of pino have this form. */
export interface EmulatorLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

const ignore: Write = () => undefined;

/** Logs nothing. */
export const silentLog: EmulatorLog = { info: ignore, warn: ignore, error: ignore };
