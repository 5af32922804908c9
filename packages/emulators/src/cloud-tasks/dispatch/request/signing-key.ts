import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** The key that signs tokens, with its public half. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: crypto.KeyObject;
  readonly publicJwk: crypto.webcrypto.JsonWebKey;
}

const FILE_NAME = "cloud-tasks-signing-key.pem";

/**
 * Reads the signing key from the data folder, or generates one and stores it there, so that a worker's key cache survives
 * a restart of the emulator. Without a folder the key lives as long as the process.
 *
 * Generating one takes some tenths of a second, off the main thread.
 */
export async function openSigningKey(dataDir: string | undefined): Promise<SigningKey> {
  const file = dataDir === undefined ? undefined : path.join(dataDir, FILE_NAME);
  if (file !== undefined && fs.existsSync(file)) return describe(crypto.createPrivateKey(fs.readFileSync(file)));
  const { privateKey } = await generateKeyPair("rsa", { modulusLength: 2048 });
  if (file !== undefined) writeWhole(file, privateKey.export({ type: "pkcs8", format: "pem" }));
  return describe(privateKey);
}

const generateKeyPair = promisify(crypto.generateKeyPair);

/** Only the owner may read the file. A kill leaves no file or a whole one. */
function writeWhole(file: string, content: string | Buffer): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, content, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
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
