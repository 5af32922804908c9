import forge from "node-forge";
import type { SigningKey } from "../../dispatch/request/signing-key.ts";

const SUBJECT = [{ name: "commonName", value: "handoff-emulators" }];

/** A worker checks the certificate against its own clock, which may be wrong or far in a test's future. */
const VALID_FROM = new Date("2020-01-01T00:00:00Z");
const VALID_TO = new Date("2049-12-31T23:59:59Z");

const certificates = new WeakMap<SigningKey, string>();

/** A self-signed X.509 certificate of a key in PEM, which Java's CertificateFactory and Python's x509 read. */
export function certificateOf(key: SigningKey): string {
  const made = certificates.get(key) ?? makeCertificate(key);
  certificates.set(key, made);
  return made;
}

function makeCertificate({ privateKey, kid }: SigningKey): string {
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const forged = forge.pki.privateKeyFromPem(pem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.rsa.setPublicKey(forged.n, forged.e);
  // A serial number is positive, which a first byte below 0x80 says.
  certificate.serialNumber = `01${kid.slice(0, 16)}`;
  certificate.validity.notBefore = VALID_FROM;
  certificate.validity.notAfter = VALID_TO;
  certificate.setSubject(SUBJECT);
  certificate.setIssuer(SUBJECT);
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, critical: true },
    { name: "extKeyUsage", clientAuth: true, critical: true },
  ]);
  certificate.sign(forged, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}
