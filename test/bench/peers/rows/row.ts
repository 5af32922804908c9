/** One line of the table. */
export interface Row {
  readonly what: string;
  /** Of all its figures, such as "ms". */
  readonly unit: string;
  /** Ours when the table was filed: before the work that it led to. */
  readonly before?: number;
  readonly ours: number;
  readonly aim?: number;
  /** Whether more is better. Default: less is. */
  readonly isRate?: boolean;
  /** What people would use instead, the closest first. */
  readonly beside: readonly Beside[];
}

export interface Beside {
  readonly name: string;
  readonly value: number;
  /** Whether the figure was measured earlier, on another day. Default: in the same run as ours. */
  readonly isFiled?: boolean;
}

/** The figures that were measured, by name, as a row has them. */
export function besides(figures: ReadonlyMap<string, number>, names: readonly string[]): Beside[] {
  return names.flatMap((name) => {
    const value = figures.get(name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/**
 * A figure that must have been measured.
 *
 * @throws Error when it wasn't.
 */
export function figure(figures: ReadonlyMap<string, number>, name: string): number {
  const value = figures.get(name);
  if (value === undefined) throw new Error(`${name} was not measured.`);
  return value;
}
