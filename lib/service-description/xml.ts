import { XMLBuilder } from 'fast-xml-parser';
import { PayloadError } from '../key-management/payload/errors.ts';
import { parseXml, trimmed, type XmlElement } from '../key-management/payload/xml.ts';
import { keyDomainIdFromOctets, keyDomainIdOctets } from '../keys/key-domain-id.ts';
import { mskIdFromOctets, mskIdOctets } from '../keys/msk-id.ts';
import { ServiceDescriptionError } from './errors.ts';
import { checked, type DescribedKey, type SecurityDescription } from './security-description.ts';

/** TS 26.346 annex C.6, and the registration of the media type with IANA. */
export const SECURITY_DESCRIPTION_NAMESPACE = 'urn:3GPP:metadata:2005:MBMS:securityDescription';
export const SECURITY_DESCRIPTION_MEDIA_TYPE = 'application/mbms-protection-description+xml';

/** How each document begins, for whoever finds it. */
const DRAFT = `<?xml version="1.0" encoding="UTF-8"?>
<!-- Draft. The elements are not verified against TS 26.346 clause 11.3: compare before UEs read it. -->
`;

const BUILDER = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  format: true,
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
});

/**
 * The security description of a User Service as XML (TS 26.346 §11.3): a draft, for its schema was not at
 * hand [M-hi], docs/conformance.md. The names of servers and back-off are confirmed by TS 26.517 §11.2.2.
 * @throws ServiceDescriptionError `no-server`, `bad-value`
 */
export function encodeSecurityDescriptionXml(description: SecurityDescription): string {
  const { servers, backOff, keys } = checked(description);
  const document = {
    securityDescription: {
      '@xmlns': SECURITY_DESCRIPTION_NAMESPACE,
      '@confidentialityProtection': 'true',
      '@integrityProtection': 'true',
      keyManagement: {
        ...(backOff !== undefined && {
          '@offsetTime': String(backOff.offsetTime),
          '@randomTimePeriod': String(backOff.randomTimePeriod),
        }),
        serverURI: servers,
      },
      keyId: keys.map(elementOfKey),
    },
  };
  return `${DRAFT}${BUILDER.build(document)}`;
}

/**
 * The inverse. It goes by local names, whatever the namespace and whatever else there is.
 * @throws ServiceDescriptionError
 */
export function decodeSecurityDescriptionXml(text: string): SecurityDescription {
  const root = rootOf(text);
  const all = [...descendantsOf(root)];
  const named = (name: string, among: readonly XmlElement[] = all) =>
    among.filter((element) => element.name === name);
  const management = named('keyManagement')[0];
  const [offsetTime, randomTimePeriod] = ['offsetTime', 'randomTimePeriod'].map((name) => {
    const attribute = management?.attributes.find((each) => each.name === name);
    return attribute === undefined ? undefined : Number(attribute.value);
  });
  const hasBackOff = offsetTime !== undefined || randomTimePeriod !== undefined;
  return checked({
    servers: named('serverURI').map((element) => trimmed(element.text)),
    backOff: hasBackOff
      ? { offsetTime: offsetTime ?? 0, randomTimePeriod: randomTimePeriod ?? 0 }
      : undefined,
    keys: named('keyId').flatMap((element) => keyOfElement([...descendantsOf(element)]) ?? []),
  });
}

function elementOfKey({ keyDomainId, mskId, flows }: DescribedKey) {
  return {
    mediaFlow: flows.map((flow) => ({ '@flowID': flow })),
    MSK: {
      keyDomainID: Buffer.from(keyDomainIdOctets(keyDomainId)).toString('base64'),
      MSKID: Buffer.from(mskIdOctets(mskId)).toString('base64'),
    },
  };
}

function keyOfElement(within: readonly XmlElement[]): DescribedKey | undefined {
  const textOf = (name: string) => within.find((element) => element.name === name)?.text;
  const [domain, id] = [textOf('keyDomainID'), textOf('MSKID')];
  if (domain === undefined || id === undefined) return undefined;
  const flows = within.flatMap(({ attributes }) =>
    attributes.flatMap(({ name, value }) => (name === 'flowID' ? [value] : [])),
  );
  try {
    return {
      keyDomainId: keyDomainIdFromOctets(Buffer.from(trimmed(domain), 'base64')),
      mskId: mskIdFromOctets(Buffer.from(trimmed(id), 'base64')),
      flows,
    };
  } catch (cause) {
    throw new ServiceDescriptionError('bad-value', 'a keyId names no MSK', { cause });
  }
}

function rootOf(text: string): XmlElement {
  try {
    const root = parseXml(text);
    if (root.name === 'securityDescription') return root;
  } catch (cause) {
    if (!(cause instanceof PayloadError)) throw cause;
    throw new ServiceDescriptionError('bad-document', `no XML document: ${cause.message}`, { cause });
  }
  throw new ServiceDescriptionError('bad-document', 'the root element is not securityDescription');
}

function* descendantsOf(element: XmlElement): Generator<XmlElement> {
  for (const child of element.elements) {
    yield child;
    yield* descendantsOf(child);
  }
}
