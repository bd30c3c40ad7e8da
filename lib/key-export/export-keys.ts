import * as v from 'valibot';
import { describeIssues } from '../events/describe-issues.ts';
import { newEvent, newEventId, type OutgoingEvent } from '../events/envelope.ts';
import { keyDomainId, keyGroup, recipient, serviceId } from '../events/fields.ts';
import { formatKeyGroup, formatMskId } from '../keys/msk-id.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { KeyStore } from '../store/key-store.ts';
import { encodeKeys } from './documents.ts';
import { type KeyExportRefusal, KeyExportRefused } from './errors.ts';
import { collectKeys, type ExportedKeys } from './exported-keys.ts';
import { KEY_FORMATS } from './formats.ts';
import { mayHave, type Recipient } from './recipient.ts';
import { type KmsOf, type WrappedKeys, wrapKeys } from './wrap.ts';

/** Everything outside itself that the export of keys uses. */
export interface KeyExportContext {
  readonly store: KeyStore;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** By their names. */
  readonly recipients: ReadonlyMap<string, Recipient>;
  readonly kmsOf: KmsOf;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** A request for keys: strict, so that nobody takes a key or an ARN of his own for one that is looked at. */
const request = v.strictObject({
  recipient,
  keyDomainId,
  keyGroup,
  format: v.optional(v.picklist(KEY_FORMATS), KEY_FORMATS[0]),
  /** A User Service of the Key Group, whose MTKs are wanted, too. */
  mtksOf: v.optional(serviceId),
});

/** A request as a system sends it. */
export type KeyExportRequest = v.InferInput<typeof request>;

/** What a system is answered; identifiers beside what is wrapped. */
export type KeyExportAnswer =
  | ({
      readonly result: 'exported';
      readonly recipient: string;
      readonly keyDomainId: string;
      readonly keyGroup: string;
      readonly format: (typeof KEY_FORMATS)[number];
      readonly mskIds: readonly string[];
      readonly mtkIds: readonly number[];
    } & WrappedKeys)
  | { readonly result: 'refused'; readonly reason: KeyExportRefusal; readonly message: string };

/**
 * Gives a system the keys of a Key Group, wrapped for a recipient of the settings: nobody may name a wrapping
 * key in a request. The fact on the bus comes before the answer: no keys are given without it.
 * @param requestId of the invocation, as CloudTrail has it
 * @throws StoreError, EventError, or the SDK's errors
 */
export async function exportKeys(
  context: KeyExportContext,
  asked: unknown,
  requestId: string,
): Promise<KeyExportAnswer> {
  const about = { eventId: newEventId(context.randomOctets), now: context.now(), correlationId: requestId };
  const parsed = v.safeParse(request, asked);
  try {
    if (!parsed.success) throw new KeyExportRefused('wrong-request', describeIssues(parsed.issues));
    const { keys, recipient: name, wrapped } = await wrapFor(context, parsed.output);
    const named = namesOf(keys);
    await context.publish([newEvent('Keys Exported', { ...named, recipient: name, requestId }, about)]);
    return { result: 'exported', recipient: name, ...named, format: parsed.output.format, ...wrapped };
  } catch (error) {
    if (!(error instanceof KeyExportRefused)) throw error;
    const { code: reason, message } = error;
    const who = parsed.success ? fieldsOf(parsed.output) : {};
    await context.publish([newEvent('Key Export Refused', { ...who, reason, message, requestId }, about)]);
    return { result: 'refused', reason, message };
  }
}

type Asked = v.InferOutput<typeof request>;

/** Whether the recipient may have the keys is looked at before they are. @throws KeyExportRefused */
async function wrapFor({ store, recipients, kmsOf, now }: KeyExportContext, asked: Asked) {
  const { recipient: name, format, mtksOf } = asked;
  const found = recipients.get(name);
  if (found === undefined) throw new KeyExportRefused('unknown-recipient', `there is no recipient ${name}`);
  const ref: KeyGroupRef = { keyDomainId: asked.keyDomainId, keyGroup: asked.keyGroup };
  if (!mayHave(found, ref))
    throw new KeyExportRefused(
      'not-allowed',
      `recipient ${name} is not to have keys of Key Group ${formatKeyGroup(ref.keyGroup)} of ${ref.keyDomainId}`,
    );
  const keys = await collectKeys(store, ref, mtksOf);
  const clear = encodeKeys(keys, format);
  try {
    const wrapped = await wrapKeys(clear, { recipient: found, ref, format, now: now() }, kmsOf);
    return { keys, recipient: name, wrapped };
  } finally {
    clear.fill(0);
  }
}

function fieldsOf({ recipient: name, keyDomainId: domain, keyGroup: group }: Asked) {
  return { recipient: name, keyDomainId: domain, keyGroup: formatKeyGroup(group) };
}

function namesOf({ keyDomainId: domain, keyGroup: group, msks, mtks }: ExportedKeys) {
  return {
    keyDomainId: domain,
    keyGroup: formatKeyGroup(group),
    mskIds: msks.map(({ keyNumber }) => formatMskId({ keyGroup: group, keyNumber })),
    mtkIds: mtks.map(({ mtkId }) => mtkId),
  };
}
