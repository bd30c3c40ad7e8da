import * as v from 'valibot';
import { ServiceDescriptionError } from './errors.ts';
import { checked, type SecurityDescription } from './security-description.ts';

/** Members of SecurityDescription that are known (TS 26.517 §5.2.10); others are passed over. */
const OBJECT = v.object({
  mBSSFAddresses: v.array(v.string()),
  backOffParameters: v.optional(
    v.object({ offsetTime: v.optional(v.number(), 0), randomTimePeriod: v.optional(v.number(), 0) }),
  ),
});

/** Alone, or as the member of a DistributionSessionDescription. */
const DOCUMENT = v.union([v.object({ securityDescription: OBJECT }), OBJECT]);

/**
 * The member `securityDescription` of a DistributionSessionDescription, as JSON text (TS 26.517 §5.2.10).
 * Its presence says that the security of the user plane is provisioned. It names no MSK: no member for that
 * is known.
 * @throws ServiceDescriptionError `no-server`, `bad-value`
 */
export function encodeSecurityDescriptionJson(description: SecurityDescription): string {
  const { servers, backOff } = checked(description);
  const securityDescription = {
    mBSSFAddresses: servers,
    ...(backOff === undefined ? {} : { backOffParameters: backOff }),
  };
  return `${JSON.stringify({ securityDescription }, null, 2)}\n`;
}

/** The inverse; takes the object alone, too. @throws ServiceDescriptionError */
export function decodeSecurityDescriptionJson(text: string): SecurityDescription {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), DOCUMENT), text);
  if (!parsed.success)
    throw new ServiceDescriptionError(
      'bad-document',
      `no security description of TS 26.517: ${parsed.issues[0].message}`,
    );
  const document = parsed.output;
  const { mBSSFAddresses, backOffParameters } =
    'securityDescription' in document ? document.securityDescription : document;
  return checked({ servers: mBSSFAddresses, backOff: backOffParameters, keys: [] });
}
