import { type CheckedNonce, checkNonce } from '../http-digest/index.ts';
import { RotatingSecret } from './rotating-secret.ts';

interface Validity {
  /** ms since the epoch. */
  readonly now: number;
  readonly lifetimeMs: number;
}

/** The secret of nonces. New nonces are made under its current version, and those of both are accepted. */
export class NonceSecrets extends RotatingSecret {
  /**
   * Checks a nonce under both versions. A foreign one may have been made under a secret that this instance
   * does not hold yet.
   */
  async check(nonce: string, validity: Validity): Promise<CheckedNonce> {
    const checked = this.#checkUnderHeld(nonce, validity);
    if (checked.kind !== 'foreign' || !(await this.seekNewer(validity.now))) return checked;
    return this.#checkUnderHeld(nonce, validity);
  }

  #checkUnderHeld(nonce: string, validity: Validity): CheckedNonce {
    for (const secret of this.versions) {
      const checked = checkNonce(nonce, { secret, ...validity });
      if (checked.kind !== 'foreign') return checked;
    }
    return { kind: 'foreign' };
  }
}
