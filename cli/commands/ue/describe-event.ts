import { formatKeyGroup, formatMskId } from '../../../lib/keys/msk-id.ts';
import type { UeEvent } from '../../../lib/ue/ue.ts';
import { OF_MSK_REQUEST, textOfCode } from './response-code.ts';

/** A line for a person, and the same for programs. */
export interface UeEventDescription {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Describes in one readable line what happened at a UE; never a key. */
export function describeUeEvent(event: UeEvent): UeEventDescription {
  switch (event.kind) {
    case 'received':
      return describeReceived(event);
    case 'verification-sent': {
      const octets = event.octets.length;
      return {
        text: `verification message sent, ${octets} octets`,
        fields: { event: event.kind, octets },
      };
    }
    case 'pull-answered': {
      const codes = event.answers.map(({ responseCode }) => responseCode);
      return {
        text: `asked for the current MSK as solicited: ${codes.map((code) => textOfCode(code, OF_MSK_REQUEST)).join(', ')}`,
        fields: { event: event.kind, codes },
      };
    }
    case 'bootstrapped-again': {
      const { btid } = event.association;
      return {
        text: `the BM-SC asked for it: bootstrapped again, B-TID ${btid}`,
        fields: { event: event.kind, btid },
      };
    }
    default: {
      const reason = event.error instanceof Error ? event.error.message : String(event.error);
      return { text: `failed: ${reason}`, fields: { event: event.kind, reason } };
    }
  }
}

function describeReceived({ octets, message }: UeEvent & { kind: 'received' }): UeEventDescription {
  const size = `${octets.length} octets`;
  switch (message.kind) {
    case 'msk': {
      const { counter } = message;
      const { keyDomainId, validity } = message.msk;
      const mskId = formatMskId(message.msk.mskId);
      return {
        text: `MSK ${mskId} of Key Domain ${keyDomainId} received, ${size}, counter ${counter}, MAC good`,
        fields: { event: 'msk', keyDomainId, mskId, validity, counter },
      };
    }
    case 'solicited-pull': {
      const { keyDomainId, counter } = message;
      const keyGroup = formatKeyGroup(message.keyGroup);
      return {
        text: `pull solicited for Key Group ${keyGroup} of Key Domain ${keyDomainId}, ${size}, MAC good`,
        fields: { event: 'solicited-pull', keyDomainId, keyGroup, counter },
      };
    }
    case 'mtk': {
      const { keyDomainId, mtkId } = message;
      const mskId = formatMskId(message.mskId);
      return {
        text: `MTK ${mtkId} under MSK ${mskId} received, ${size}, MAC good`,
        fields: { event: 'mtk', keyDomainId, mskId, mtkId },
      };
    }
    case 'mtk-repeated': {
      const { mtkId } = message;
      return { text: `MTK ${mtkId} repeated, ${size}, MAC good`, fields: { event: message.kind, mtkId } };
    }
    default: {
      const { reason } = message;
      return { text: `message refused: ${reason}`, fields: { event: 'refused', reason } };
    }
  }
}
