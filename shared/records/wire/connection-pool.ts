/** Google's front ends accept this many concurrent calls per connection. */
const CALLS_PER_CONNECTION = 100;

interface Closable {
  close(): Promise<unknown>;
}

interface Connection<Client> {
  readonly client: Promise<Client>;
  calls: number;
  /** A connection that failed, or whose stream was reset, gets no more calls. */
  isBroken: boolean;
}

/**
 * Distributes calls over as few connections as have room for them, as the pool of Google's client does. It closes an
 * idle connection when the others have more room to spare than one connection has.
 */
export class ConnectionPool<Client extends Closable> {
  readonly #connect: () => Promise<Client>;
  readonly #open = new Set<Connection<Client>>();
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(connect: () => Promise<Client>) {
    this.#connect = connect;
  }

  /** Makes a call. Rejects with the call's error. */
  async use<Result>(call: (client: Client) => Promise<Result>): Promise<Result> {
    if (this.#idle) throw new TypeError("The client is closed.");
    const connection = this.#fullestWithRoom() ?? this.#openAnother();
    connection.calls++;
    try {
      return await call(await connection.client);
    } catch (error) {
      if (error instanceof Error && error.message.includes("RST_STREAM")) connection.isBroken = true;
      throw error;
    } finally {
      connection.calls--;
      this.#closeUnlessNeeded(connection);
    }
  }

  /** Waits for calls in progress, accepts no more, and closes the connections. */
  async close(): Promise<void> {
    this.#idle ??= Promise.withResolvers();
    if (this.#calls() === 0) this.#idle.resolve();
    await this.#idle.promise;
    await Promise.all([...this.#open].map((connection) => this.#close(connection)));
  }

  #calls(): number {
    let calls = 0;
    for (const connection of this.#open) calls += connection.calls;
    return calls;
  }

  #fullestWithRoom(): Connection<Client> | undefined {
    let fullest: Connection<Client> | undefined;
    for (const connection of this.#open) {
      const hasRoom = !connection.isBroken && connection.calls < CALLS_PER_CONNECTION;
      if (hasRoom && (!fullest || connection.calls > fullest.calls)) fullest = connection;
    }
    return fullest;
  }

  #openAnother(): Connection<Client> {
    const connection = { client: this.#connect(), calls: 0, isBroken: false };
    connection.client.catch(() => (connection.isBroken = true));
    this.#open.add(connection);
    return connection;
  }

  #closeUnlessNeeded(connection: Connection<Client>): void {
    if (this.#idle && this.#calls() === 0) this.#idle.resolve();
    if (connection.calls > 0 || this.#idle) return;
    const room = this.#open.size * CALLS_PER_CONNECTION - this.#calls();
    if (connection.isBroken || room > CALLS_PER_CONNECTION) void this.#close(connection);
  }

  /** A client that could not be created needn't be closed. */
  async #close(connection: Connection<Client>): Promise<void> {
    this.#open.delete(connection);
    await connection.client.then(
      (client) => client.close(),
      () => {},
    );
  }
}
