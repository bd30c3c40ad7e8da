import {
  type DocumentName,
  type PayloadProfile,
  PayloadProfileError,
  type PayloadProfileInput,
  parsePayloadProfile,
  REQUEST_DOCUMENTS,
  RESPONSE_DOCUMENTS,
} from '../../lib/key-management/payload/payload-profile.ts';
import { UsageError } from '../errors.ts';
import type { CapturedDocument } from './captured-document.ts';
import { checkDocument } from './check.ts';
import { type FoundFields, findKeys, findServices } from './fields.ts';
import { placesOf } from './places.ts';

/** One thing that was learnt about a payload profile, or not. */
export interface Finding {
  readonly kind: 'recognised' | 'guessed' | 'contradiction' | 'not learnt';
  /** A member of the profile, such as `mskRequest.item`, or a document of it. */
  readonly member: string;
  readonly value?: string;
  /** The capture that shows it. */
  readonly source?: string;
  readonly why?: string;
}

/** A payload profile that captures show. */
export interface Learnt {
  /** What is otherwise than in the profile that was given. */
  readonly input: PayloadProfileInput;
  readonly profile: PayloadProfile;
  readonly findings: readonly Finding[];
  /** Captured documents that the profile does not decode, with the reason. */
  readonly undecoded: readonly { readonly source: string; readonly reason: string }[];
}

/**
 * The payload profile by which captured documents are decoded. Members of which the captures say nothing stay
 * as in `base`.
 * @throws UsageError when the captures show what no profile can say
 */
export function learnProfile(documents: readonly CapturedDocument[], base: PayloadProfileInput): Learnt {
  const known = parsePayloadProfile(base);
  const evidence = new Evidence();
  for (const document of documents) learnDocument(document, evidence);
  const input = evidence.profileUpon(base, known);
  let profile: PayloadProfile;
  try {
    profile = parsePayloadProfile(input);
  } catch (error) {
    if (!(error instanceof PayloadProfileError)) throw error;
    throw new UsageError(`the captures show what no payload profile can say: ${error.message}`);
  }
  const undecoded = documents.flatMap((document) => {
    const verdict = checkDocument({ ...document, name: evidence.nameOf(document) }, profile);
    return verdict.kind === 'decoded' ? [] : [{ source: document.source, reason: verdict.reason }];
  });
  return { input, profile, findings: [...evidence.findings(), ...notLearnt(documents, evidence)], undecoded };
}

function learnDocument(document: CapturedDocument, evidence: Evidence): void {
  const { source, root, form, message, requestType } = document;
  const { places, elements } = placesOf(root);
  const { name, found } = fieldsOf(document, places);
  evidence.name(document, name);
  const isAnswer = name.endsWith('Response');
  const say = (member: string, value: string, guess?: string) =>
    evidence.say({ member, value, source, guess });
  // Whoever saved a body alone may have decoded it.
  const isWire = message.kind !== 'body' || form === 'base64';
  say(
    isAnswer ? 'answerBody' : 'requestBody',
    form,
    isWire ? undefined : 'unless it was Base64 until it was saved: then leave this member out',
  );
  say(`${name}.root`, root.name, document.guess);
  say(`${name}.namespace`, root.namespace);
  if (root.namespace !== '' && root.elements.length > 0) say('elements', elements);
  if (requestType !== undefined && !isAnswer) say(`${name}.requestType`, requestType);
  if (message.kind !== 'body' && message.mediaType !== '') say(`${name}.mediaType`, message.mediaType);
  if (found === undefined) {
    const what = name.startsWith('msk') ? 'no pairs of Key Domain ID and MSK ID' : 'no User Service IDs';
    evidence.miss({ member: `${name}.item`, source, why: `${what} were found in items of their own` });
    return;
  }
  // Paths of an item go with its own: where one is a guess, all give way to what another capture shows.
  const [doubt] = Object.values(found.guesses);
  for (const [member, value] of Object.entries(found.members))
    say(`${name}.${member}`, value, found.guesses[member] ?? doubt);
  if (found.identifiers !== undefined) say('identifiers', found.identifiers);
  const code = places.find(({ elements: path, attribute }) => {
    const text = [...path, ...(attribute === undefined ? [] : [`@${attribute}`])].join('/');
    return isAnswer && text === fullPath(found, 'responseCode');
  });
  if (code !== undefined && !code.values.every((value) => /^[1-5][0-9]{2}$/.test(value)))
    evidence.miss({
      member: 'responseCodes',
      source,
      why: `which of ${[...new Set(code.values)].slice(0, 3).join(', ')} means granted, forbidden or unknown: set them by hand`,
    });
}

function fullPath({ members }: FoundFields, field: string): string {
  const { item = '.', [field]: path = '' } = members;
  return [item, path].filter((part) => part !== '.').join('/');
}

/** A document that was only taken for a kind is of another one if only then its values are found. */
function fieldsOf({ name, guess, message }: CapturedDocument, places: Parameters<typeof findKeys>[0]) {
  const find = (each: DocumentName) =>
    each.startsWith('msk')
      ? findKeys(places, each.endsWith('Response'))
      : findServices(places, each.endsWith('Response'));
  const isKnown = guess === undefined || message.kind !== 'body';
  const isAnswer = name.endsWith('Response');
  const keys: DocumentName = isAnswer ? 'mskResponse' : 'mskRequest';
  // Values that look like key identifiers are hardly anything else; any text may be a User Service ID.
  const others: DocumentName[] = isKnown ? [] : [keys];
  const services: DocumentName[] = isKnown ? [] : [isAnswer ? 'registerResponse' : 'register'];
  for (const each of [...others, name, ...services]) {
    const found = find(each);
    if (found !== undefined) return { name: each, found };
  }
  return { name, found: undefined };
}

/** Members of which the captures say nothing. */
function notLearnt(documents: readonly CapturedDocument[], evidence: Evidence): Finding[] {
  const names = new Set(documents.map((document) => evidence.nameOf(document)));
  const absent = [...REQUEST_DOCUMENTS, ...RESPONSE_DOCUMENTS].filter((name) => !names.has(name));
  const why = 'none was captured: it stays as it is';
  return [
    ...[...names]
      .filter((name) => !name.endsWith('Response') && !evidence.knows(`${name}.requestType`))
      .map((name) => ({
        kind: 'not learnt' as const,
        member: `${name}.requestType, ${name}.mediaType`,
        why: 'a body alone has neither: capture the request with its headers, or set them by hand',
      })),
    ...(absent.length === 0 ? [] : [{ kind: 'not learnt' as const, member: absent.join(', '), why }]),
  ];
}

/** What one capture shows of one member; `guess` says why it is not certain. */
interface Showing {
  readonly member: string;
  readonly value: string;
  readonly source: string;
  readonly guess?: string | undefined;
}

/** What captures show of the members of a profile. What is certain counts before what is guessed. */
class Evidence {
  readonly #members = new Map<string, Showing>();
  readonly #contradictions: Finding[] = [];
  readonly #missed: Finding[] = [];
  readonly #names = new Map<CapturedDocument, DocumentName>();

  name(document: CapturedDocument, name: DocumentName): void {
    this.#names.set(document, name);
  }

  nameOf(document: CapturedDocument): DocumentName {
    return this.#names.get(document) ?? document.name;
  }

  knows(member: string): boolean {
    return this.#members.has(member);
  }

  say(showing: Showing): void {
    const before = this.#members.get(showing.member);
    if (before === undefined || (before.guess !== undefined && showing.guess === undefined)) {
      this.#members.set(showing.member, showing);
      return;
    }
    if (before.value === showing.value || showing.guess !== undefined) return;
    const { member, value, source } = showing;
    const why = `${before.source} has ${before.value}, which is kept`;
    this.#contradictions.push({ kind: 'contradiction', member, value, source, why });
  }

  miss({ member, source, why }: { member: string; source: string; why: string }): void {
    this.#missed.push({ kind: 'not learnt', member, source, why });
  }

  findings(): Finding[] {
    const members = [...this.#members.values()].map(
      ({ member, value, source, guess }): Finding =>
        guess === undefined
          ? { kind: 'recognised', member, value, source }
          : { kind: 'guessed', member, value, source, why: guess },
    );
    return [...members, ...this.#contradictions, ...this.#missed];
  }

  /** The profile with what was shown, where that is otherwise than in `base`. */
  profileUpon(base: PayloadProfileInput, known: PayloadProfile): PayloadProfileInput {
    const input: Record<string, unknown> = structuredClone(base);
    for (const { member, value } of this.#members.values()) {
      const [first = '', second] = member.split('.');
      if (valueIn(known, first, second) === value) continue;
      if (second === undefined) input[first] = value;
      else input[first] = { ...Object(input[first]), [second]: value };
    }
    return input;
  }
}

function valueIn(profile: PayloadProfile, first: string, second: string | undefined): unknown {
  const document: unknown = Object.entries(profile).find(([name]) => name === first)?.[1];
  if (second === undefined) return document;
  const value: unknown = Object.entries(Object(document)).find(([name]) => name === second)?.[1];
  return typeof value === 'object' && value !== null && 'text' in value ? value.text : value;
}
