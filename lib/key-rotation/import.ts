import type { EventData } from '../events/contracts.ts';
import { newEvent } from '../events/envelope.ts';
import type { EventMetadata } from '../events/metadata.ts';
import { formatMskId } from '../keys/msk-id.ts';
import { FULL_VALIDITY } from '../keys/msk-validity.ts';
import { type ImportedMtk, loadImportedMtk, putImportedMtk } from '../store/key-group/imported-mtk.ts';
import { importMsk } from '../store/key-group/msk-import.ts';
import { refuse, stepsOf } from './answer-request.ts';
import type { RotationContext, RotationOutcome } from './context.ts';
import { announcePrepared, answerEnded } from './prepared.ts';
import { openImported, WrongKeys } from './wrapped-msk.ts';

/**
 * Takes an MSK that another network has made (network sharing, TS 33.501 annex W.4.4), and an MTK to be sent
 * under it: the MSK is pushed and becomes current as one of this network does. What can't be taken changes
 * nothing. The same MSK with a later MTK brings that alone.
 */
export async function importKeys(
  context: RotationContext,
  data: EventData<'Import MSK'>,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const { keyDomainId, mskId, leadTimeSeconds, validity = FULL_VALIDITY, mtkId } = data;
  const { keyGroup, keyNumber } = mskId;
  const ref = { keyDomainId, keyGroup };
  const refused = (reason: Parameters<typeof refuse>[3]) => refuse(context, 'Import MSK', ref, reason, cause);
  if (mtkId !== undefined && (mtkId < validity.seql || mtkId > validity.sequ))
    return refused('mtk-id-out-of-range');
  const keys = await openKeys(context, data);
  if (typeof keys === 'string') return refused(keys);
  const { msk, mtk } = keys;
  const of = { ...ref, keyNumber, msk };
  const kept = mtk && (await loadImportedMtk(context.store, of));
  if (mtk !== undefined && kept !== undefined && kept.mtkId >= mtk.mtkId && !isSame(kept, mtk))
    return refused('mtk-id-used');
  const leadTimeMs = leadTimeSeconds === undefined ? context.leadTimeMs : leadTimeSeconds * 1000;
  const imported = await importMsk(context.store, ref, {
    ...{ keyNumber, msk, validity, leadTimeMs },
    request: cause.idempotencyKey,
    now: context.now(),
  });
  const { kind } = imported;
  if (kind !== 'prepared' && kind !== 'held' && kind !== 'repeated' && kind !== 'ended') return refused(kind);
  if (mtk !== undefined) {
    await putImportedMtk(context.store, of, mtk);
    const fact = { keyDomainId, mskId: formatMskId(mskId), mtkId: mtk.mtkId };
    await context.publish([newEvent('MTK Imported', fact, stepsOf(context, cause)('mtk'))]);
  }
  if (kind === 'prepared')
    return announcePrepared(context, { keyDomainId, keyGroup }, imported.prepared, cause);
  if (kind === 'ended' && mtk === undefined) return answerEnded(context, ref, imported.prepared, cause);
  return mtk === undefined
    ? { result: 'repeated' }
    : { result: 'mtk-imported', keyDomainId, mskId: formatMskId(mskId) };
}

async function openKeys({ unwrap }: RotationContext, data: EventData<'Import MSK'>) {
  try {
    const { keyDomainId, mskId, mtkId, wrappedKey } = data;
    return await openImported(unwrap, wrappedKey, { keyDomainId, mskId, mtkId });
  } catch (error) {
    if (error instanceof WrongKeys) return error.code;
    throw error;
  }
}

function isSame(one: ImportedMtk, other: ImportedMtk): boolean {
  return one.mtkId === other.mtkId && one.mtk.equals(other.mtk);
}
