import type { ChallengeReason, KeyRequestResult } from '../lib/key-management/context.ts';
import { MISMATCH_MEMBERS } from '../lib/key-management/payload/mismatch.ts';
import type { RotationOutcome } from '../lib/key-rotation/context.ts';
import type { LookUp } from '../lib/key-source/key-source.ts';
import type { ZnErrorCode } from '../lib/zn/errors.ts';

/** Namespace of the CloudWatch metrics that the functions write to their logs (embedded metric format). */
export const METRICS_NAMESPACE = 'BMSC';

/** The dimension that names the Key Domain, of metrics that are counted for each. */
export const KEY_DOMAIN_DIMENSION = 'keyDomain';

/** Values of the dimension `service`. */
export const METRICS_SERVICE = {
  keyRequest: 'key-request',
  keyDistribution: 'key-distribution',
  keyRotation: 'key-rotation',
  provisioning: 'provisioning',
  keyExport: 'key-export',
  mbsFeed: 'mbs-feed',
  mbsStatus: 'mbs-status',
  zn: 'zn',
  traffic: 'traffic',
} as const;

/** The name of each metric, by what it counts. Dashboard and alarms use these names. */
export const METRIC = {
  /** Key requests, by `result`: granted, refused, challenged, rejected, failed. */
  keyRequests: 'KeyRequests',
  /** Requests that are otherwise than the payload profile says, by its `member`. */
  payloadMismatches: 'PayloadMismatches',
  /** Those of authenticated UEs, of all members. */
  payloadMismatchesOfUes: 'PayloadMismatchesOfUes',
  /** Requests for the description of a User Service, by `result`. */
  serviceDescriptions: 'ServiceDescriptions',
  /** Answers 401, by `reason`. */
  challenges: 'Challenges',
  /** MSKs granted to UEs that asked, by `keyDomain`. */
  msksGranted: 'MsksGranted',
  messagesSent: 'MessagesSent',
  /** Of those sent, the repetitions of messages that were not answered. */
  messagesRepeated: 'MessagesRepeated',
  messagesFailed: 'MessagesFailed',
  /** MSKs that a verification message has confirmed. */
  msksDelivered: 'MsksDelivered',
  /** MSKs that no verification message confirmed. */
  msksUnverified: 'MsksUnverified',
  /** From sending to verification, ms. */
  verificationLatency: 'VerificationLatency',
  /** Datagrams that answer no message that was sent. */
  datagramsIgnored: 'DatagramsIgnored',
  /** Answers that went to their worker by way of another one; none where the system steers them. */
  datagramsForwarded: 'DatagramsForwarded',
  /** Requests to rotate, activate or revoke an MSK, by `result`. */
  rotations: 'Rotations',
  /** Requests to rotate that found the rotation before not ended: the MSK stays longer than was planned. */
  rotationsMissed: 'RotationsMissed',
  /** Requests to provision or to withdraw, by `result`. */
  provisioned: 'Provisioned',
  /** Requests of systems for keys, by `result`. */
  keyExports: 'KeyExports',
  /** MBS sessions that were handed other MSKs, or could not be, by `result`. */
  mbsSessions: 'MbsSessions',
  /** MBS sessions that have not the MSKs that there are. */
  mbsSessionsBehind: 'MbsSessionsBehind',
  /** Subscriptions to the status of MBS sessions that were made, renewed or ended, or not, by `result`. */
  mbsSubscriptions: 'MbsSubscriptions',
  /** MBS sessions whose status is to be followed, and is not. */
  mbsSubscriptionsBehind: 'MbsSubscriptionsBehind',
  /** Notifications of the status of MBS sessions, by `result`: what an event did, or why it was refused. */
  mbsNotifications: 'MbsNotifications',
  /** Look-ups of keys in the network, by `result`. */
  lookUps: 'LookUps',
  /** From the question to the network to its answer, ms. */
  lookUpLatency: 'LookUpLatency',
  /** Requests for keys over Zn, by `result`. */
  znRequests: 'ZnRequests',
  /** From the request over HTTP/2 to the answer of a BSF, ms. */
  znLatency: 'ZnLatency',
  /** Diameter peers that can be asked. */
  znOpenPeers: 'ZnOpenPeers',
  mtkMessagesSent: 'MtkMessagesSent',
  srtpPacketsSent: 'SrtpPacketsSent',
  /** RTP packets that did not go out: no MTK, out of order, no RTP. */
  rtpPacketsDropped: 'RtpPacketsDropped',
  /** MTKs that traffic was protected with from then on. */
  mtkChanges: 'MtkChanges',
  /** MSKs under which few MTK IDs were left: a rotation was asked for. */
  mtkRangesLow: 'MtkRangesLow',
  /** MSKs under which no MTK ID was left. */
  mtkRangesSpent: 'MtkRangesSpent',
  /** MSKs of streams that were revoked while the service ran. */
  trafficMsksRevoked: 'TrafficMsksRevoked',
  /** Looks and steps of the service that failed: the table, the bus or KMS was away. */
  trafficFailures: 'TrafficFailures',
} as const;

/** How a request for keys over Zn ends. */
export type ZnResult = 'found' | 'unknown' | 'not-authorized' | 'refused' | 'bad-request' | ZnErrorCode;

/** Values of the dimension `result` of `keyRequests`, in the order of the dashboard. */
export const KEY_REQUEST_RESULTS = keysOf<KeyRequestResult>({
  granted: true,
  refused: true,
  challenged: true,
  rejected: true,
  failed: true,
});

/** Values of the dimension `reason` of `challenges`. */
export const CHALLENGE_REASONS = keysOf<ChallengeReason>({
  'no-credentials': true,
  'not-a-b-tid': true,
  'unknown-b-tid': true,
  'wrong-response': true,
  'expired-association': true,
  'wrong-realm': true,
  'qop-not-offered': true,
  'algorithm-not-offered': true,
  'nonce-expired': true,
  'nonce-foreign': true,
  replayed: true,
});

/** Values of the dimension `member` of `payloadMismatches`. */
export const PAYLOAD_MEMBERS = MISMATCH_MEMBERS;

/** Values of the dimension `result` of `lookUps`. */
export const LOOK_UP_RESULTS = keysOf<LookUp['kind']>({
  found: true,
  unknown: true,
  'not-authorized': true,
  unavailable: true,
});

/** Values of the dimension `result` of `znRequests`. */
export const ZN_RESULTS = keysOf<ZnResult>({
  found: true,
  unknown: true,
  'not-authorized': true,
  refused: true,
  'bad-request': true,
  'bad-answer': true,
  'no-peer': true,
  busy: true,
  'peer-down': true,
  timeout: true,
  undeliverable: true,
  closed: true,
});

/** Values of the dimension `result` of `rotations`. */
export const ROTATION_RESULTS = keysOf<RotationOutcome['result']>({
  prepared: true,
  activated: true,
  revoked: true,
  'mtk-imported': true,
  refused: true,
  repeated: true,
  replayed: true,
  'not-concerned': true,
});

/** The values of a union of texts; the compiler refuses a list that leaves one out. */
function keysOf<Value extends string>(values: Readonly<Record<Value, true>>): readonly string[] {
  return Object.keys(values);
}
