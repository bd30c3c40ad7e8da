import { isServiceId } from '../../lib/store/registration/service-id.ts';
import { commonDepth, type Place, pathWithin, repeatedDepth } from './places.ts';

/** What the values of a document say about the members of its payload profile. */
export interface FoundFields {
  /** By the members of a document: `item`, `serviceId`, `keyDomainId`, `mskId`, `responseCode`. */
  readonly members: Readonly<Record<string, string>>;
  readonly identifiers?: 'base64' | 'hex';
  /** Members that could be otherwise, and why. */
  readonly guesses: Readonly<Record<string, string>>;
  readonly count: number;
}

/** Octets of a Key Domain ID and of an MSK ID. */
const DOMAIN_LENGTH = 3;
const MSK_LENGTH = 4;

type Encoding = 'base64' | 'hex';

/**
 * The pairs of Key Domain ID and MSK ID, with a response code each in an answer; undefined when none are
 * there.
 */
export function findKeys(places: readonly Place[], isAnswer: boolean): FoundFields | undefined {
  const found = (['base64', 'hex'] as const).flatMap((identifiers) => {
    const domains = places.filter((each) => holdsOctets(each, identifiers, DOMAIN_LENGTH));
    const msks = places.filter((each) => holdsOctets(each, identifiers, MSK_LENGTH));
    return domains.flatMap((domain) =>
      msks.flatMap((msk) => candidatesOf({ keyDomainId: domain, mskId: msk }, places, isAnswer, identifiers)),
    );
  });
  return best(found);
}

/** The User Service IDs, with a response code each in an answer; undefined when none are there. */
export function findServices(places: readonly Place[], isAnswer: boolean): FoundFields | undefined {
  const services = places.filter(({ values }) => values.every(isServiceId));
  if (isAnswer) return best(services.flatMap((serviceId) => candidatesOf({ serviceId }, places, true)));
  return best(
    services.flatMap((place): Candidate[] => {
      const isOne = place.values.length === 1;
      const depth = isOne ? place.elements.length : repeatedDepth(place);
      if (depth === undefined) return [];
      const guesses: Readonly<Record<string, string>> =
        isOne && depth > 1 ? { item: 'one service was captured: another level may repeat' } : {};
      const members = { item: itemPath(place, depth), serviceId: pathWithin(place, depth) };
      return [{ members, guesses, count: place.values.length, score: scoreOfService(place) }];
    }),
  );
}

interface Candidate extends FoundFields {
  readonly score: number;
}

/** Fields that stand in the same items, with each place that may hold their response codes. */
function candidatesOf(
  fields: Readonly<Record<string, Place>>,
  places: readonly Place[],
  isAnswer: boolean,
  identifiers?: Encoding,
): Candidate[] {
  const own = Object.values(fields);
  const codes = isAnswer
    ? places.filter((each) => !own.includes(each) && each.values.every(isCode))
    : [undefined];
  return codes.flatMap((code): Candidate[] => {
    const all = code === undefined ? fields : { ...fields, responseCode: code };
    const depth = commonDepth(Object.values(all));
    const [first] = own;
    if (depth === undefined || first === undefined) return [];
    const paths = Object.entries(all).map(([name, place]) => [name, pathWithin(place, depth)]);
    const members = { item: itemPath(first, depth), ...Object.fromEntries(paths) };
    const guesses: Readonly<Record<string, string>> =
      depth === 0 ? { item: 'the root itself holds one item: no element repeats' } : {};
    return [
      {
        members,
        guesses,
        count: first.values.length,
        score: scoreOfFields(all),
        ...(identifiers === undefined ? {} : { identifiers }),
      },
    ];
  });
}

/** The candidate of the highest score; where others have the same, its places are a guess. */
function best(candidates: readonly Candidate[]): FoundFields | undefined {
  const [first, second] = [...candidates].sort((one, other) => other.score - one.score);
  if (first === undefined) return undefined;
  const { score, ...found } = first;
  if (second === undefined || second.score < score) return found;
  const names = Object.keys(found.members).filter((name) => found.members[name] !== second.members[name]);
  const doubt = Object.fromEntries(names.map((name) => [name, `it may be ${second.members[name]}, too`]));
  return { ...found, guesses: { ...doubt, ...found.guesses } };
}

function itemPath({ elements }: Place, depth: number): string {
  return depth === 0 ? '.' : elements.slice(0, depth).join('/');
}

function holdsOctets({ values }: Place, encoding: Encoding, length: number): boolean {
  return values.every((value) => {
    const compact = value.replace(/\s/g, '');
    const octets = Buffer.from(compact, encoding);
    const again = octets.toString(encoding);
    return octets.length === length && again === (encoding === 'hex' ? compact.toLowerCase() : compact);
  });
}

function isCode(value: string): boolean {
  return /^[!-~]{1,32}$/.test(value);
}

const NAMES: Readonly<Record<string, RegExp>> = {
  keyDomainId: /domain/i,
  mskId: /msk|key.?id/i,
  serviceId: /serv/i,
  responseCode: /code|status|result/i,
};

/** Names that say what a value is count most, then values that can be nothing else. */
function scoreOfFields(fields: Readonly<Record<string, Place>>): number {
  let score = 0;
  for (const [field, place] of Object.entries(fields)) {
    const name = place.attribute ?? place.elements.at(-1) ?? '';
    if (NAMES[field]?.test(name)) score += 10;
    if (field === 'keyDomainId' && place.values.every(isPlmn)) score += 4;
    if (field === 'responseCode' && place.values.every((value) => /^[1-5][0-9]{2}$/.test(value))) score += 4;
    if (field === 'serviceId' && place.values.every(isUri)) score += 12;
  }
  // What stands close together is more likely meant.
  return score + (commonDepth(Object.values(fields)) ?? 0) / 10;
}

function scoreOfService(place: Place): number {
  return scoreOfFields({ serviceId: place }) + place.values.length / 100;
}

function isUri(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(value);
}

/**
 * Whether a value is a PLMN in the coding of TS 24.008 §10.5.1.3: digits, the third of the MNC may be a
 * filler.
 */
function isPlmn(value: string): boolean {
  const compact = value.replace(/\s/g, '');
  const octets = Buffer.from(compact, /^[0-9a-fA-F]{6}$/.test(compact) ? 'hex' : 'base64');
  return /^[0-9]{2}[0-9f][0-9]{3}$/.test(octets.toString('hex'));
}
