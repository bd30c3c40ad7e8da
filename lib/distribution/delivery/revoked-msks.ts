import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import { isInvalidation } from '../../keys/msk-validity.ts';
import type { MessageContent } from './message-batch.ts';

/** An MSK that was revoked, and when: ms since the epoch. */
export interface RevokedMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  readonly at: number;
}

/**
 * What is begun that long after a revocation was heard, in ms, has read its MSK afterwards. Not for ever: an
 * operator may give a Key Number to another MSK.
 */
const READ_AGAIN_AFTER_MS = 60_000;

/** The MSKs whose octets are not sent any more, though they were read while these were good. */
export class RevokedMsks {
  readonly #elapsed: () => number;
  readonly #heard = new Map<string, { readonly at: number; readonly heardAt: number }>();

  /** @param elapsed ms of a clock that does not go back */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** @returns false for a revocation that was heard before */
  hear({ keyDomainId, mskId, at }: RevokedMsk): boolean {
    const name = nameOf(keyDomainId, mskId);
    const heardAt = this.#elapsed();
    for (const [each, known] of this.#heard)
      if (known.heardAt + READ_AGAIN_AFTER_MS < heardAt && known.at < at) this.#heard.delete(each);
    if ((this.#heard.get(name)?.at ?? Number.NEGATIVE_INFINITY) >= at) return false;
    this.#heard.set(name, { at, heardAt });
    return true;
  }

  /** Whether a message has the octets of such an MSK. With no octets it is what makes UEs drop it. */
  has(content: MessageContent): boolean {
    if (this.#heard.size === 0 || content.kind !== 'msk' || isInvalidation(content.msk.validity))
      return false;
    const known = this.#heard.get(nameOf(content.keyDomainId, content.mskId));
    return known !== undefined && known.heardAt + READ_AGAIN_AFTER_MS >= this.#elapsed();
  }
}

function nameOf(keyDomainId: KeyDomainId, mskId: MskId): string {
  return `${keyDomainId}/${formatMskId(mskId)}`;
}
