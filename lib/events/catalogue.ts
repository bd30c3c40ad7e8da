import { type DetailType, EVENT_DATA } from './contracts.ts';

/** What an event is, for those who read or write it. */
export interface CatalogueEntry {
  /** Commands ask the BM-SC for something; facts report what has happened. */
  readonly kind: 'command' | 'fact';
  /** One sentence, for the table of the documents and for the published schemas. */
  readonly meaning: string;
}

/** Every event, in the order of the documents: a command stands before the facts that answer it. */
export const EVENT_CATALOGUE: Readonly<Record<DetailType, CatalogueEntry>> = {
  'Push MSK': command('Sends an MSK to UEs.'),
  'Solicit MSK Pull': command('Makes UEs ask for the current MSK of a Key Group.'),
  'MSK Push Progressed': fact('A push under way has come this far.'),
  'MSK Push Completed': fact('A push has ended: each UE was reached or given up.'),
  'MSK Delivered': fact('These UEs were sent the MSK, and have confirmed it where they were asked to.'),
  'MSK Delivery Failed': fact('These UEs did not get the MSK or did not confirm it, each with the reason.'),
  'MSK Pull Solicited': fact('These UEs were asked to come for their MSK.'),
  'MSK Push Refused': fact('A request for a push or a solicited pull was refused: nothing was sent.'),
  'Rotate MSK': command('Prepares the next MSK of a Key Group, pushes it, and puts it into use later.'),
  'Activate MSK': command(
    'Makes a prepared MSK the current one; a schedule sends it at the end of the lead time.',
  ),
  'Revoke MSK': command('Takes an MSK out of use at once, and tells the UEs that have it.'),
  'Import MSK': command('Takes an MSK that another network has made, and an MTK to be sent under it.'),
  'MSK Prepared': fact('The next MSK exists, and is pushed to the UEs before its use.'),
  'MSK Rotated': fact('The MSK has become the current one; the one before has expired.'),
  'MSK Revoked': fact('The MSK must not be used any more; `currentMskId` has replaced it.'),
  'MTK Imported': fact('An MTK that another network has made is sent under its MSK from now on.'),
  'MSK Rotation Refused': fact('A request to rotate, activate, revoke or import an MSK was refused.'),
  'Provision Subscription': command('Allows a subscriber a User Service.'),
  'Withdraw Subscription': command('Takes a User Service from a subscriber.'),
  'Provision Association': command(
    'Stores the keys of a bootstrapped UE, wrapped for the key of the deployment.',
  ),
  'Subscription Provisioned': fact('The subscriber may have the User Service.'),
  'Subscription Withdrawn': fact('The subscriber may not have the User Service any more.'),
  'Association Provisioned': fact('The UE may ask for MSKs with these keys.'),
  'Provisioning Refused': fact('A request to provision or to withdraw was refused: nothing was changed.'),
  'Keys Exported': fact('A system was given MSKs, and MTKs if it asked for them, wrapped under its own key.'),
  'Key Export Refused': fact('A request for keys was refused: nothing was given.'),
  'MBS Security Context Changed': fact(
    'The MSKs of an MBS session have changed; whoever may have them fetches them by the export of keys.',
  ),
  'MBS Session Updated': fact('The MB-SMF has the MSKs of an MBS session.'),
  'MBS Session Update Failed': fact('The MB-SMF has not got the MSKs of an MBS session; it is tried again.'),
  'MBS Session Released': fact('The MB-SMF has an MBS session no more.'),
  'UE Registered': fact('A UE has registered to User Services.'),
  'UE Deregistered': fact('A UE has deregistered from User Services.'),
  'MSK Request Granted': fact('A UE asked over HTTP for MSKs and gets them; the sender acts on it.'),
};

/** All events, in the same order. */
export const DETAIL_TYPES = Object.keys(EVENT_CATALOGUE).filter(
  (name): name is DetailType => name in EVENT_DATA,
);

/** All commands. */
export const COMMANDS = DETAIL_TYPES.filter(isCommand);

/** Whether an event asks the BM-SC for something. */
export function isCommand(detailType: DetailType): boolean {
  return EVENT_CATALOGUE[detailType].kind === 'command';
}

function command(meaning: string): CatalogueEntry {
  return { kind: 'command', meaning };
}

function fact(meaning: string): CatalogueEntry {
  return { kind: 'fact', meaning };
}
