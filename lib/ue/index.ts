/** A UE: it bootstraps, asks the Key Request function, and takes MIKEY messages over UDP. */

export {
  type PayloadProfile,
  PayloadProfileError,
  type PayloadProfileInput,
  parsePayloadProfile,
} from '../key-management/payload/payload-profile.ts';
export { type AkmaProfile, akmaAssociationOf, associationOf } from './bootstrapping/associations.ts';
export { type BootstrapOptions, type BootstrappedSession, bootstrap } from './bootstrapping/bootstrap.ts';
export { SimAssociations, type SimAssociationsOptions } from './bootstrapping/sim-associations.ts';
export { parseSimProfile, type SimProfile } from './bootstrapping/sim-profile.ts';
export { type SimAnswer, UeSim } from './bootstrapping/ue-sim.ts';
export { UeError, type UeErrorCode } from './errors.ts';
export type { HttpAnswer, HttpGet, HttpPost } from './http-post.ts';
export type { KeyRequests, MskAnswer, ServiceAnswer } from './key-requests.ts';
export type { HeldMsk, KeyRing } from './key-ring.ts';
export type { ReceivedMikey } from './mikey-receiver.ts';
export type { UeSecurityAssociation } from './security-association.ts';
export { TrafficReceiver, type TrafficReceiverOptions } from './traffic-receiver.ts';
export { startUe, type Ue, type UeEvent, type UeOptions } from './ue.ts';
