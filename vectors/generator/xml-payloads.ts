import {
  type DocumentName,
  type PayloadProfile,
  type PayloadProfileInput,
  parsePayloadProfile,
} from '../../lib/key-management/payload/payload-profile.ts';
import type { TestGroup, VectorFile } from './data-set.ts';
import { foreignKeyTests, foreignServiceTests } from './xml-foreign-tests.ts';
import { mskRequestTests, mskResponseTests } from './xml-key-tests.ts';
import { requestTests, responseTests } from './xml-service-tests.ts';

const SOURCE = [
  'TS 33.246 §6.3.2, §G.2.3',
  'TS 26.346 §11',
  'XML 1.0',
  'Namespaces in XML 1.0',
  'RFC 4648 §4',
];

/** Profiles in which nothing is as in the default one. */
const ATTRIBUTES: PayloadProfileInput = {
  elements: 'unqualified',
  identifiers: 'hex',
  responseCodes: { granted: 'OK', forbidden: 'DENIED', unknown: 'NONE' },
  register: { namespace: 'urn:vendor:1', root: 'Join', item: 'services/service', serviceId: '@uri' },
  mskRequest: {
    namespace: 'urn:vendor:1',
    root: 'KeyRequest',
    item: 'keys/key',
    keyDomainId: '@domain',
    mskId: 'id',
  },
  mskResponse: {
    namespace: 'urn:vendor:1',
    root: 'KeyAnswer',
    item: 'key',
    keyDomainId: '@domain',
    mskId: 'id',
    responseCode: 'result/code',
  },
};

const PLAIN: PayloadProfileInput = {
  requestBody: 'xml',
  mskRequest: { namespace: '', root: 'k', item: 'm', keyDomainId: '@d', mskId: '.' },
};

/** The members of a profile that a group needs, each with its value. */
function profileOf(profile: PayloadProfile, name: DocumentName) {
  const { elements, identifiers, responseCodes } = profile;
  const isAnswer = name.endsWith('Response');
  const { mediaType: _, requestType: _type, ...document } = { requestType: '', ...profile[name] };
  const paths = Object.entries(document).map(([member, value]) => [
    member,
    typeof value === 'string' ? value : value.text,
  ]);
  return {
    ...(isAnswer ? { answerBody: profile.answerBody } : { requestBody: profile.requestBody }),
    elements,
    ...(name.startsWith('msk') ? { identifiers } : {}),
    ...(isAnswer ? { responseCodes } : {}),
    [name]: Object.fromEntries(paths),
  };
}

/**
 * Bodies of requests and answers on the key management interface; the default names are this project's
 * choice.
 */
export function xmlPayloadsFile(): VectorFile {
  const of = (input: PayloadProfileInput) => parsePayloadProfile(input);
  const [own, attributes, plain] = [of({}), of(ATTRIBUTES), of(PLAIN)];
  const group = (type: string, name: DocumentName, profile: PayloadProfile, tests: TestGroup['tests']) => ({
    ...{ type, source: SOURCE, document: name },
    profile: profileOf(profile, name),
    tests,
  });
  const groups: TestGroup[] = [
    group('MskRequestBody', 'mskRequest', own, mskRequestTests(own)),
    group('RegisterRequestBody', 'register', own, requestTests('register', own)),
    group('DeregisterRequestBody', 'deregister', own, requestTests('deregister', own)),
    group('MskResponseBody', 'mskResponse', own, mskResponseTests(own)),
    group('RegisterResponseBody', 'registerResponse', own, responseTests('registerResponse', own)),
    group('DeregisterResponseBody', 'deregisterResponse', own, responseTests('deregisterResponse', own)),
    group('MskRequestBody', 'mskRequest', attributes, foreignKeyTests('mskRequest', attributes)),
    group('MskResponseBody', 'mskResponse', attributes, foreignKeyTests('mskResponse', attributes)),
    group('RegisterRequestBody', 'register', attributes, foreignServiceTests(attributes)),
    group('MskRequestBody', 'mskRequest', plain, foreignKeyTests('mskRequest', plain)),
  ];
  return {
    title:
      'XML bodies of key management requests and answers, by the payload profile of each group. `body` is what is sent: where it is not given, `xml`, in Base64 if the profile says so',
    testGroups: withRules(groups),
  };
}

/** Each body of a canonical test is no body when it is cut. */
function withRules(groups: readonly TestGroup[]): TestGroup[] {
  let first = 1;
  return groups.map((each) => {
    const body: unknown = each.tests[0]?.body;
    const cut = {
      comment: 'the body cut to every shorter length',
      result: 'invalid' as const,
      flags: ['Truncated'],
      rule: { of: first, member: 'body', truncateTo: { from: 0, to: String(body).length - 1 } },
    };
    first += each.tests.length + 1;
    return { ...each, tests: [...each.tests, cut] };
  });
}
