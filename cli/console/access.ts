import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Octets of a link's token and of a session's. */
const TOKEN_OCTETS = 32;
/** Sessions at a time; the oldest ends when one more is opened. */
const MAX_SESSIONS = 16;

/**
 * Who may use the console: whoever has the link that the command printed. A link opens one session, and no
 * other. Sessions end with the command. Tokens are 32 random octets, and only their hashes are kept.
 */
export class Access {
  #link: Buffer | undefined;
  readonly #sessions: Buffer[] = [];

  /** A token for a new link; the link before it opens nothing any more. */
  newLink(): string {
    const token = newToken();
    this.#link = hashOf(token);
    return token;
  }

  /** Uses a link up. @returns the token of the session that it opens; undefined when the link is not good */
  open(token: string): string | undefined {
    if (this.#link === undefined || !timingSafeEqual(this.#link, hashOf(token))) return undefined;
    this.#link = undefined;
    const session = newToken();
    this.#sessions.push(hashOf(session));
    if (this.#sessions.length > MAX_SESSIONS) this.#sessions.shift();
    return session;
  }

  /** Whether a token is that of a session. It compares in constant time. */
  isSession(token: string): boolean {
    const hash = hashOf(token);
    return this.#sessions.filter((session) => timingSafeEqual(session, hash)).length > 0;
  }
}

function newToken(): string {
  return randomBytes(TOKEN_OCTETS).toString('base64url');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
