import { PayloadError } from '../../lib/key-management/payload/errors.ts';
import type { PayloadMismatch } from '../../lib/key-management/payload/mismatch.ts';
import { mismatchAt } from '../../lib/key-management/payload/mismatch.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  type KeyIdentification,
} from '../../lib/key-management/payload/msk-request.ts';
import type { DocumentName, PayloadProfile } from '../../lib/key-management/payload/payload-profile.ts';
import {
  decodeDeregisterRequest,
  decodeDeregisterResponse,
  decodeRegisterRequest,
  decodeRegisterResponse,
  type ServiceResponse,
} from '../../lib/key-management/payload/register.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import type { CapturedDocument } from './captured-document.ts';

/** What a payload profile makes of a captured document. */
export type Verdict =
  | { readonly kind: 'decoded'; readonly name: DocumentName; readonly items: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly name: DocumentName;
      readonly reason: string;
      readonly mismatch?: PayloadMismatch | undefined;
    };

const nameOfKey = ({ keyDomainId, mskId }: KeyIdentification) => `${keyDomainId}/${formatMskId(mskId)}`;
const withCode = (name: string, code: number) => `${name}: ${code}`;
const nameOfAnswer = ({ serviceId, responseCode }: ServiceResponse) => withCode(serviceId, responseCode);

const DECODERS: Readonly<Record<DocumentName, (body: Uint8Array, profile: PayloadProfile) => string[]>> = {
  register: decodeRegisterRequest,
  deregister: decodeDeregisterRequest,
  mskRequest: (body, profile) => decodeMskRequest(body, profile).map(nameOfKey),
  registerResponse: (body, profile) => decodeRegisterResponse(body, profile).map(nameOfAnswer),
  deregisterResponse: (body, profile) => decodeDeregisterResponse(body, profile).map(nameOfAnswer),
  mskResponse: (body, profile) =>
    decodeMskResponse(body, profile).map((each) => withCode(nameOfKey(each), each.responseCode)),
};

/** Decodes a captured document as the BM-SC or the UE would, its requesttype and media type included. */
export function checkDocument(document: CapturedDocument, profile: PayloadProfile): Verdict {
  const { name, message, requestType } = document;
  const outside = mismatchOutside(
    name,
    message.kind === 'body' ? undefined : message.mediaType,
    requestType,
    profile,
  );
  if (outside !== undefined)
    return { kind: 'refused', name, reason: `${outside.member} is ${outside.expected}`, mismatch: outside };
  try {
    return { kind: 'decoded', name, items: DECODERS[name](message.body, profile) };
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    return { kind: 'refused', name, reason: error.message, mismatch: error.mismatch };
  }
}

/** A body alone whose kind is a guess may be any other document that the profile decodes. */
export function checkAnyDocument(document: CapturedDocument, profile: PayloadProfile): Verdict {
  const own = checkDocument(document, profile);
  if (own.kind === 'decoded' || document.guess === undefined || document.message.kind !== 'body') return own;
  const names = Object.keys(DECODERS) as DocumentName[];
  const others = names.map((name) => checkDocument({ ...document, name }, profile));
  return others.find(({ kind }) => kind === 'decoded') ?? own;
}

function mismatchOutside(
  name: DocumentName,
  mediaType: string | undefined,
  requestType: string | undefined,
  profile: PayloadProfile,
): PayloadMismatch | undefined {
  const { [name]: document } = profile;
  if (requestType !== undefined && 'requestType' in document && document.requestType !== requestType)
    return mismatchAt('requestType', document.requestType, [requestType]);
  if (mediaType === undefined || mediaType === document.mediaType) return undefined;
  return mismatchAt(`${name}.mediaType`, document.mediaType, [mediaType]);
}
