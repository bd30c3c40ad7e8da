/** Namespace of the CloudWatch metrics that the functions write to their logs (embedded metric format). */
export const METRICS_NAMESPACE = 'BMSC';

/** Values of the dimension `service`. */
export const METRICS_SERVICE = {
  keyRequest: 'key-request',
  keyDistribution: 'key-distribution',
  keyRotation: 'key-rotation',
} as const;

/** Every metric by what it counts; dashboard and alarms are made from these names. */
export const METRIC = {
  /** Key requests, by `result`: granted, refused, challenged, rejected, failed. */
  keyRequests: 'KeyRequests',
  /** Answers 401, by `reason`. */
  challenges: 'Challenges',
  messagesSent: 'MessagesSent',
  /** Of those sent, the ones that repeat one that was not answered. */
  messagesRepeated: 'MessagesRepeated',
  messagesFailed: 'MessagesFailed',
  /** MSKs that a verification message has confirmed. */
  msksDelivered: 'MsksDelivered',
  /** MSKs that no verification message confirmed. */
  msksUnverified: 'MsksUnverified',
  /** From sending to verification, ms. */
  verificationLatency: 'VerificationLatency',
  /** Datagrams that were no verification message for anything sent. */
  datagramsIgnored: 'DatagramsIgnored',
  /** Datagrams that came to another worker of a sender than sent what they answer; none where the system steers them. */
  datagramsForwarded: 'DatagramsForwarded',
  /** Requests to rotate, activate or revoke an MSK, by `result`. */
  rotations: 'Rotations',
} as const;
