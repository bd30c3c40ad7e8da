import fc from 'fast-check';
import type { PayloadProfileInput } from '../../../lib/key-management/payload/payload-profile.ts';

const START = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_éßΩж'.split('');
const INNER = [...START, ...'0123456789.-'.split('')];

/** A local name, also one that objects have a member of. */
const localName = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...START),
        fc.array(fc.constantFrom(...INNER), { maxLength: 20 }).map((parts) => parts.join('')),
      )
      .map(([first, rest]) => first + rest),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('constructor', 'toString', 'hasOwnProperty', 'text', 'item', 'MSK'),
  },
);

/** Paths of items and of their texts that are apart: names are not used twice. */
function paths<Field extends string>(fields: readonly Field[]) {
  const names = fc.uniqueArray(localName, {
    minLength: 3 + 2 * fields.length,
    maxLength: 3 + 2 * fields.length,
  });
  const forms = fc.tuple(
    ...fields.map(() => fc.constantFrom('child', 'deep', 'attribute', 'deep attribute')),
  );
  return fc.tuple(names, forms, fc.integer({ min: 1, max: 3 })).map(([each, shapes, depth]) => {
    const item = each.slice(0, depth).join('/');
    const texts = fields.map((field, index) => {
      const [one = '', two = ''] = each.slice(3 + 2 * index);
      const path = {
        child: one,
        deep: `${one}/${two}`,
        attribute: `@${one}`,
        'deep attribute': `${one}/@${two}`,
      };
      return [field, path[shapes[index] ?? 'child']] as const;
    });
    return { item, ...(Object.fromEntries(texts) as Record<Field, string>) };
  });
}

const namespace = fc.constantFrom('', 'urn:vendor:mbms', 'http://a.example/ns?x=1&y=2', "urn:o'clock");
const mediaType = fc.constantFrom('application/xml', 'text/xml', 'application/vnd.vendor.keys+xml');

function document<Field extends string>(fields: readonly Field[]) {
  const common = fc.record({ namespace, root: localName, mediaType });
  return fc.tuple(common, paths(fields)).map(([of, places]) => ({ ...of, ...places }));
}

/** A registration whose items hold the ID as their own text, or elsewhere. */
const services = fc.tuple(document(['serviceId']), fc.boolean()).map(([of, isOwnText]) => ({
  ...of,
  ...(isOwnText ? { serviceId: '.' } : {}),
}));

/** Payload profiles in which everything may be otherwise. */
export const anyProfile: fc.Arbitrary<PayloadProfileInput> = fc.record({
  requestBody: fc.constantFrom('base64', 'xml'),
  answerBody: fc.constantFrom('base64', 'xml'),
  answers: fc.constantFrom('when-refused', 'always'),
  elements: fc.constantFrom('qualified', 'unqualified'),
  identifiers: fc.constantFrom('base64', 'hex'),
  responseCodes: fc.constantFrom({}, { granted: 'OK', forbidden: 'NO', unknown: '404' }, { granted: '0' }),
  register: services.map((each) => ({ ...each, requestType: 'reg' })),
  deregister: services.map((each) => ({ ...each, requestType: 'dereg' })),
  mskRequest: document(['keyDomainId', 'mskId']).map((each) => ({ ...each, requestType: 'msk' })),
  registerResponse: document(['serviceId', 'responseCode']),
  deregisterResponse: document(['serviceId', 'responseCode']),
  mskResponse: document(['keyDomainId', 'mskId', 'responseCode']),
});
