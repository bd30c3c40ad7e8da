import { randomBytes } from 'node:crypto';
import { startUe, type Ue } from '../../../lib/ue/ue.ts';
import { createPrint, type Print } from '../../output.ts';
import { describeUeEvent } from './describe-event.ts';
import { addressTowards } from './local-address.ts';
import type { UeOptions } from './options.ts';
import { securityAssociationOf } from './security-association.ts';
import { serversOf, waitFor } from './service-description.ts';

/** Starts a UE, prints what happens at it while `use` runs, and closes it. */
export async function withUe(
  options: UeOptions,
  use: (ue: Ue, print: Print) => Promise<void>,
): Promise<void> {
  const print = createPrint(options.json);
  const { url, others, backOff } = serversOf(options);
  const { association, bootstrap } = await securityAssociationOf(options, print);
  const ue = await startUe({
    association,
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(options.payloadProfile && { payloadProfile: options.payloadProfile.profile }),
    keyManagementUrl: url,
    otherServers: others,
    listen: { address: options.address ?? (await addressTowards(url)), port: options.port },
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => {
      const { text, fields } = describeUeEvent(event);
      print(text, fields);
    },
  });
  try {
    await waitFor(backOff, print);
    await use(ue, print);
  } finally {
    await ue.close();
  }
}
