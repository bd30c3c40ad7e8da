import { nafId } from '../../../lib/gba/naf-id.ts';
import { formatMskId, isCurrentMskId } from '../../../lib/keys/msk-id.ts';
import { DATA_TYPE } from '../../../lib/mikey/index.ts';
import type { ReceivedMessage } from '../mikey-inbox.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { deliveredKey, deliveredMessage, delivery, secondDelivery } from './evidence.ts';
import type { BmscUnderTest } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

/** Octets of an MSK, and of the RAND that RFC 3830 §6.11 wants at least. */
const MSK_LENGTH = 16;
const RAND_LENGTH = 16;

/** The first messages of each delivery so far, in the order in which they came. */
async function firstMessages(bmsc: BmscUnderTest): Promise<ReceivedMessage[]> {
  await secondDelivery(bmsc);
  const seen = new Set<string>();
  return bmsc.inbox.messages.filter(({ csbId }) => !seen.has(csbId) && seen.add(csbId));
}

const HEADER: readonly BmscRequirement[] = [
  {
    id: 'mikey-form',
    clause: 'RFC 3830 §6',
    certainty: 'V',
    asked: 'The message is a chain of payloads of MIKEY, T first and KEMAC last; an empty map has no SP.',
    level: 'shall',
    check: async (bmsc) => {
      const { first } = await delivery(bmsc);
      const { message, fault, octets } = visible(first, 'no MIKEY message came');
      expectThat(message !== undefined, `it can't be decoded: ${fault}`);
      return `${octets.length} octets`;
    },
  },
  {
    id: 'mikey-data-type',
    clause: 'RFC 3830 §6.1',
    certainty: 'V',
    asked: 'The data type is 0: a message of the pre-shared key method.',
    level: 'shall',
    check: async (bmsc) => {
      const { header } = (await deliveredMessage(bmsc)).message;
      expectThat(header.dataType === DATA_TYPE.PSK, `the data type is ${header.dataType}`);
      return 'data type 0';
    },
  },
  {
    id: 'mikey-timestamp',
    clause: 'TS 31.102 §4.2.81',
    certainty: 'D',
    asked: 'The time stamp is a COUNTER, which the UE keeps with the MUK.',
    level: 'shall',
    check: async (bmsc) => {
      const { type } = (await deliveredMessage(bmsc)).message.timestamp;
      expectThat(type === 'COUNTER', `the time stamp is of type ${type}`);
      return 'COUNTER';
    },
  },
  {
    id: 'mikey-counter',
    clause: 'RFC 3830 §5.4',
    certainty: 'V',
    asked: 'The counter of each message is greater than that of the one before.',
    level: 'shall',
    check: async (bmsc) => {
      const counters = (await firstMessages(bmsc)).map(({ message }) => message?.timestamp.counter);
      if (counters.length < 2 || counters.includes(undefined))
        throw new NotVisible('there are no two counters');
      const falls = counters.findIndex((each, at) => at > 0 && (each ?? 0) <= (counters[at - 1] ?? 0));
      expectThat(falls === -1, `counter ${counters[falls]} follows ${counters[falls - 1]}`);
      return `counters ${counters.join(', ')}`;
    },
  },
  {
    id: 'mikey-rand',
    clause: 'RFC 3830 §6.11',
    certainty: 'V',
    asked: 'The message has a RAND of 16 octets or more.',
    level: 'should',
    check: async (bmsc) => {
      const length = (await deliveredMessage(bmsc)).message.rand?.length ?? 0;
      expectThat(length >= RAND_LENGTH, `RAND has ${length} octets`);
      return `${length} octets`;
    },
  },
];

const IDENTITIES: readonly BmscRequirement[] = [
  {
    id: 'mikey-idi',
    clause: 'TS 33.246 §6.4.5.1',
    certainty: 'M-hi',
    asked: 'IDi is the NAF_Id of the BM-SC.',
    level: 'shall',
    check: async (bmsc) => {
      const own = nafId(bmsc.target.association.nafFqdn);
      const idi = (await deliveredMessage(bmsc)).message.idi?.data;
      expectThat(
        idi !== undefined && Buffer.from(own).equals(idi),
        `IDi is ${idi === undefined ? 'not there' : hex(idi)}`,
      );
      return 'the NAF_Id';
    },
  },
  {
    id: 'mikey-idr',
    clause: 'TS 33.246 §6.4.5.1',
    certainty: 'M-hi',
    asked: 'IDr is the B-TID of the UE.',
    level: 'shall',
    check: async (bmsc) => {
      const idr = (await deliveredMessage(bmsc)).message.idr?.data ?? new Uint8Array(0);
      expectThat(Buffer.from(idr).toString() === bmsc.target.association.btid, `IDr is ${hex(idr)}`);
      return 'the B-TID';
    },
  },
  {
    // @clause RFC 4563 §2 s3
    id: 'mikey-no-mtk-id',
    clause: 'RFC 4563 §4',
    certainty: 'D',
    asked: 'An MSK message names no MTK: that ID is for messages under the MSK.',
    level: 'shall',
    check: async (bmsc) => {
      const { mtkId } = (await deliveredMessage(bmsc)).message.keyIds;
      expectThat(mtkId === undefined, `it names MTK ${mtkId}`);
      return 'none';
    },
  },
  {
    id: 'mikey-key-ids',
    clause: 'RFC 4563 §4',
    certainty: 'V',
    asked: 'A Key ID extension names Key Domain and MSK.',
    level: 'shall',
    check: async (bmsc) => {
      const { keyDomainId, mskId } = (await deliveredMessage(bmsc)).message.keyIds;
      expectThat(keyDomainId !== undefined && mskId !== undefined, 'it names no Key Domain ID and MSK ID');
      return `${keyDomainId}/${formatMskId(mskId)}`;
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s7
    id: 'mikey-key-number',
    clause: 'TS 33.246 §6.3.2.1',
    certainty: 'D',
    asked: 'The Key Number of a delivered MSK is never 0x0, which means: the current one.',
    level: 'shall',
    check: async (bmsc) => {
      const id = visible((await deliveredMessage(bmsc)).message.keyIds.mskId, 'there is no MSK ID');
      expectThat(!isCurrentMskId(id), 'the Key Number is 0x0');
      return `MSK ${formatMskId(id)}`;
    },
  },
  {
    id: 'mikey-key-group',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The MSK is of the Key Domain and Key Group that was asked for.',
    level: 'shall',
    check: async (bmsc) => {
      const { keyDomainId, mskId } = (await deliveredMessage(bmsc)).message.keyIds;
      const { granted } = bmsc.profile.keys;
      const id = visible(mskId, 'there is no MSK ID');
      const isAsked = keyDomainId === granted.keyDomainId && id.keyGroup === granted.keyGroup;
      expectThat(isAsked, `it is ${keyDomainId}/${formatMskId(id)}, of another Key Group`);
      return `${keyDomainId}/${formatMskId(id)}`;
    },
  },
];

const PROTECTION: readonly BmscRequirement[] = [
  {
    id: 'mikey-mac-algorithm',
    clause: 'RFC 3830 §6.2',
    certainty: 'V',
    asked: 'KEMAC has a MAC of HMAC-SHA-1-160.',
    level: 'shall',
    check: async (bmsc) => {
      const kemac = visible((await deliveredMessage(bmsc)).message.kemac, 'there is no KEMAC');
      expectThat(kemac.macAlg === 'HMAC-SHA-1-160', `the MAC alg is ${kemac.macAlg}`);
      return kemac.macAlg;
    },
  },
  {
    id: 'mikey-mac',
    clause: 'RFC 3830 §5.2',
    certainty: 'V',
    asked: 'The MAC is right under the MUK, over the whole message.',
    level: 'shall',
    check: async (bmsc) => {
      const { message, fault, keys } = await deliveredMessage(bmsc);
      const isAbsent = message.kemac === undefined || message.kemac.macAlg === 'NULL';
      if (isAbsent || message.header.dataType !== DATA_TYPE.PSK)
        throw new NotVisible('there is no MAC of KEMAC');
      expectThat(keys !== undefined, `${fault}`);
      return 'MAC good';
    },
  },
  {
    id: 'mikey-encrypted',
    clause: 'RFC 3830 §4.2.3',
    certainty: 'V',
    asked: 'The MSK is encrypted with AES-CM-128.',
    level: 'shall',
    check: async (bmsc) => {
      const kemac = visible((await deliveredMessage(bmsc)).message.kemac, 'there is no KEMAC');
      expectThat(kemac.encrAlg === 'AES-CM-128', `the encr alg is ${kemac.encrAlg}: the MSK is readable`);
      return kemac.encrAlg;
    },
  },
  {
    id: 'mikey-one-key',
    clause: 'TS 33.246 §6.4.5.1',
    certainty: 'M-lo',
    asked: 'KEMAC carries one key, a TGK (a TEK is taken, too).',
    level: 'shall',
    check: async (bmsc) => {
      const { key, keys } = await deliveredKey(bmsc);
      expectThat(keys.length === 1, `there are ${keys.length} keys`);
      expectThat(key.type === 'TGK' || key.type === 'TEK', `the key is a ${key.type}`);
      return `one ${key.type}`;
    },
  },
  {
    id: 'mikey-key-length',
    clause: 'TS 33.246 §6.4.5.1',
    certainty: 'M-hi',
    asked: 'The MSK has 16 octets.',
    level: 'shall',
    check: async (bmsc) => {
      const { length } = (await deliveredKey(bmsc)).key.key;
      expectThat(length === MSK_LENGTH, `it has ${length}`);
      return '16 octets';
    },
  },
  {
    id: 'mikey-validity',
    clause: 'TS 33.246 §6.4.5.1',
    certainty: 'M-hi',
    asked: 'The key has a validity: an interval of MTK IDs, SEQl up to SEQu.',
    level: 'shall',
    check: async (bmsc) => {
      const { validity } = (await deliveredKey(bmsc)).key;
      expectThat(validity.kind === 'INTERVAL', `KV is ${validity.kind}`);
      const [from, to] = [hex(validity.from), hex(validity.to)];
      expectThat(Number.parseInt(from, 16) <= Number.parseInt(to, 16), `${from} to ${to} is empty`);
      return `${from} to ${to}`;
    },
  },
  {
    id: 'mikey-same-msk',
    clause: 'TS 33.246 §6.3.2.1',
    certainty: 'D',
    asked: 'Two deliveries of one MSK ID carry the same MSK.',
    level: 'shall',
    check: async (bmsc) => {
      const [one, other] = [(await delivery(bmsc)).first, (await secondDelivery(bmsc)).first];
      const keys = [one, other].map((each) => visible(each?.keys?.[0]?.key, 'there are no two MSKs'));
      const ids = [one, other].map((each) => each?.message?.keyIds.mskId);
      if (ids[0] === undefined || ids[0].keyNumber !== ids[1]?.keyNumber)
        throw new NotVisible('the two have different MSK IDs');
      const [first, second] = keys;
      expectThat(first !== undefined && second !== undefined && first.equals(second), 'the MSKs differ');
      return 'the same';
    },
  },
];

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** The MSK message (RFC 3830, RFC 4563, TS 33.246 §6.4.5.1). */
export const MIKEY: readonly BmscRequirement[] = [...HEADER, ...IDENTITIES, ...PROTECTION];
