import { decodeBody } from '../../lib/key-management/payload/body.ts';
import { PayloadError } from '../../lib/key-management/payload/errors.ts';
import {
  DEFAULT_PAYLOAD_PROFILE,
  type DocumentName,
  type PayloadProfile,
  REQUEST_DOCUMENTS,
  RESPONSE_DOCUMENTS,
} from '../../lib/key-management/payload/payload-profile.ts';
import { parseXml, type XmlElement } from '../../lib/key-management/payload/xml.ts';
import { type CapturedMessage, messagesOf } from './http-messages.ts';

/** A document of a capture, and what it is taken for. */
export interface CapturedDocument {
  /** The file, or `-`, and the number of the message where there are several. */
  readonly source: string;
  readonly message: CapturedMessage;
  /** The value of the URI parameter `requesttype`, where there is one. */
  readonly requestType: string | undefined;
  readonly form: 'base64' | 'xml';
  readonly root: XmlElement;
  /** Which document it is, by what it came with or by its names. */
  readonly name: DocumentName;
  /** Why, when that is a guess. */
  readonly guess?: string;
}

/** A message of a capture that holds no document. */
export interface Unreadable {
  readonly source: string;
  readonly reason: string;
}

/** What a capture has. */
export interface Capture {
  readonly documents: readonly CapturedDocument[];
  readonly unreadable: readonly Unreadable[];
}

/**
 * The documents of a capture. Messages without a body are passed over, such as a 401.
 * @param as the document that a body alone is
 * @throws UsageError when the capture is malformed
 */
export function readCapture(
  source: string,
  octets: Uint8Array,
  profile: PayloadProfile,
  as?: DocumentName,
): Capture {
  const documents: CapturedDocument[] = [];
  const unreadable: Unreadable[] = [];
  const messages = messagesOf(octets);
  let asked: DocumentName | undefined;
  for (const [index, message] of messages.entries()) {
    const of = messages.length === 1 ? source : `${source} message ${index + 1}`;
    if (message.body.length === 0 || (message.kind === 'response' && message.status !== 200)) continue;
    try {
      const document = documentOf(of, message, { profile, as, asked });
      documents.push(document);
      if (message.kind === 'request') asked = document.name;
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      unreadable.push({ source: of, reason: error.message });
    }
  }
  return { documents, unreadable };
}

/** What is known of a message besides itself. */
interface Around {
  readonly profile: PayloadProfile;
  readonly as: DocumentName | undefined;
  /** The document of the request before a response. */
  readonly asked: DocumentName | undefined;
}

function documentOf(source: string, message: CapturedMessage, around: Around): CapturedDocument {
  const { form, root } = rootOf(message.body);
  const requestType =
    message.kind === 'request'
      ? (new URLSearchParams(message.target.split('?')[1]).get('requesttype') ?? undefined)
      : undefined;
  return { source, message, requestType, form, root, ...nameOf(message, requestType, root, around) };
}

function rootOf(body: Uint8Array): Pick<CapturedDocument, 'form' | 'root'> {
  const start = Buffer.from(body.subarray(0, 200)).toString('utf8').replace(/\0/g, '');
  const form = /^\ufeff?\s*</.test(start) || /^[\ufffd]{2}\s*</.test(start) ? 'xml' : 'base64';
  const profile = { ...DEFAULT_PAYLOAD_PROFILE, answerBody: form } as const;
  return { form, root: parseXml(decodeBody(body, profile, 'answerBody')) };
}

type Named = Pick<CapturedDocument, 'name' | 'guess'>;

function nameOf(
  message: CapturedMessage,
  requestType: string | undefined,
  root: XmlElement,
  { profile, as, asked }: Around,
): Named {
  if (message.kind === 'body') return as === undefined ? nameOfRoot(root) : { name: as };
  const isResponse = message.kind === 'response';
  if (isResponse && asked !== undefined) return { name: responseOf(asked) };
  const { mediaType } = message;
  const documents = isResponse ? RESPONSE_DOCUMENTS : REQUEST_DOCUMENTS;
  const known = REQUEST_DOCUMENTS.find((each) => profile[each].requestType === requestType);
  if (known !== undefined) return { name: known };
  const typed = documents.filter((each) =>
    [profile[each].mediaType, DEFAULT_PAYLOAD_PROFILE[each].mediaType].includes(mediaType),
  );
  const [byType] = typed;
  if (byType !== undefined && typed.length === 1) return { name: byType };
  const words = `${requestType ?? ''} ${mediaType} ${root.name}`;
  const request = requestOfWords(words);
  const name = isResponse ? responseOf(request) : request;
  return { name, guess: `taken for ${name} by the words in "${words.trim()}"` };
}

function nameOfRoot(root: XmlElement): Named {
  const names = namesIn(root).join(' ');
  const request = requestOfWords(`${root.name} ${names}`, root.name);
  const isAnswer = /resp|answer|result|ack/i.test(root.name);
  const name = isAnswer ? responseOf(request) : request;
  const isDefault = DEFAULT_PAYLOAD_PROFILE[name].root === root.name;
  return isDefault ? { name } : { name, guess: `taken for ${name} by its names; --as says otherwise` };
}

/** By the root first: an answer to a deregistration has names of a registration in it. */
function requestOfWords(words: string, first = words): (typeof REQUEST_DOCUMENTS)[number] {
  for (const each of [first, words]) {
    if (/de-?reg|unreg|leave|detach/i.test(each)) return 'deregister';
    if (/reg(?!ion)|join|enrol/i.test(each)) return 'register';
    if (/msk|key/i.test(each)) return 'mskRequest';
  }
  return /service/i.test(words) ? 'register' : 'mskRequest';
}

function responseOf(name: DocumentName): DocumentName {
  if (name === 'register') return 'registerResponse';
  if (name === 'deregister') return 'deregisterResponse';
  return name === 'mskRequest' ? 'mskResponse' : name;
}

function namesIn({ elements, attributes }: XmlElement): string[] {
  return [
    ...attributes.map(({ name }) => name),
    ...elements.flatMap((each) => [each.name, ...namesIn(each)]),
  ];
}
