/** The longest address that a mail server must accept, without its angle brackets (https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3). */
export const MAX_EMAIL_LENGTH = 254;
const EMAIL_PATTERN = /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/;

/**
 * An e-mail address from a token in the one form that is compared and stored: lower case, since Google's accounts
 * ignore case. Undefined for anything but visible ASCII with one `@`: it must fit in a header, and other letters can
 * look alike.
 */
export function plainEmail(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > MAX_EMAIL_LENGTH || !EMAIL_PATTERN.test(text)) return undefined;
  return text.toLowerCase();
}

/** Whether an address is a service account's. Google gives this domain to nobody else. */
export function isServiceAccount(email: string): boolean {
  return email.toLowerCase().endsWith(".gserviceaccount.com");
}
