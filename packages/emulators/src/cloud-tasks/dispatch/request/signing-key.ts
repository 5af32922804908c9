import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { type EmulatorLog, silentLog } from "../../../kernel/emulator-log.ts";
import { FolderNotUsableError, notUsable } from "../../../kernel/journal/data-folder-error.ts";
import { removeFile, temporaryOf } from "../../../kernel/journal/temporary-file.ts";

/** The key that signs tokens, with its public half. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: crypto.KeyObject;
  readonly publicJwk: crypto.webcrypto.JsonWebKey;
}

const FILE_NAME = "cloud-tasks-signing-key.pem";

/** Hands out the signing key. */
export type KeySource = () => Promise<SigningKey>;

/** Of all emulators in this process that have no folder, as all projects at Google have the same keys. */
let keyOfProcess: Promise<SigningKey> | undefined;

/**
 * Reads the signing key from the data folder, so that a worker's key cache survives a restart of the emulator. If there is
 * none, the first who asks for it waits some tenths of a second, while another thread generates it. It is stored in the
 * folder; without a folder, or if it can't be stored, it lives as long as the process.
 *
 * @throws FolderNotUsableError when there is a file, but not with a key.
 */
export function openSigningKey(dataDir: string | undefined, log: EmulatorLog = silentLog): KeySource {
  const logged = (made: Promise<SigningKey>): Promise<SigningKey> => {
    made.catch((error: unknown) => log.error({ err: error }, "no key to sign tokens with"));
    return made;
  };
  if (dataDir === undefined) return () => (keyOfProcess ??= logged(makeKey()));
  const file = path.join(dataDir, FILE_NAME);
  const stored = readKey(file);
  let key = stored && Promise.resolve(describe(stored));
  return () => (key ??= logged(makeAndStoreKey(file, log)));
}

function readKey(file: string): crypto.KeyObject | undefined {
  let pem: Buffer;
  removeFile(temporaryOf(file));
  try {
    if (!fs.existsSync(file)) return undefined;
    pem = fs.readFileSync(file);
  } catch (error) {
    throw notUsable(file, error);
  }
  try {
    return crypto.createPrivateKey(pem);
  } catch (cause) {
    throw new FolderNotUsableError(`${file} is damaged. Delete it; the next start makes another key.`, { cause });
  }
}

const generateKeyPair = promisify(crypto.generateKeyPair);

async function makeKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair("rsa", { modulusLength: 2048 });
  return describe(privateKey);
}

async function makeAndStoreKey(file: string, log: EmulatorLog): Promise<SigningKey> {
  const key = await makeKey();
  storeKey(file, key.privateKey, log);
  return key;
}

/** Only the owner may read the file. A kill leaves no file or a whole one. */
function storeKey(file: string, key: crypto.KeyObject, log: EmulatorLog): void {
  const temporary = temporaryOf(file);
  try {
    fs.writeFileSync(temporary, key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    fs.renameSync(temporary, file);
  } catch (error) {
    log.warn({ err: error, file }, "can't store the key that signs tokens, so the next start makes another");
    removeFile(temporary);
  }
}

function describe(privateKey: crypto.KeyObject): SigningKey {
  const publicKey = crypto.createPublicKey(privateKey);
  const der = publicKey.export({ type: "spki", format: "der" });
  return {
    kid: crypto.createHash("sha256").update(der).digest("hex").slice(0, 40),
    privateKey,
    publicJwk: publicKey.export({ format: "jwk" }),
  };
}
