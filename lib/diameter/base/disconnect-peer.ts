import { avp, requiredIn } from '../avp/values.ts';
import { APPLICATION, COMMAND } from '../constants.ts';
import { answerHeaderOf, type DiameterMessage } from '../message.ts';
import { type MessageIds, type Origin, originAvps, originIn, requestHeader } from './origin.ts';
import { type DiameterResult, resultAvp, resultIn, SUCCESS } from './result.ts';

/** Why a peer ends a connection (RFC 6733 §5.4). */
export interface Disconnect {
  readonly origin: Origin;
  /** A number of `DISCONNECT_CAUSE`, or an unknown one. */
  readonly cause: number;
}

/** Disconnect-Peer-Request. @throws DiameterError `bad-value` */
export function disconnectRequest(ids: MessageIds, { origin, cause }: Disconnect): DiameterMessage {
  return {
    header: requestHeader(ids, COMMAND.DISCONNECT_PEER, APPLICATION.BASE),
    avps: [...originAvps(origin), avp('Disconnect-Cause', cause)],
  };
}

/** Disconnect-Peer-Answer. @throws DiameterError `bad-value` */
export function disconnectAnswer(request: DiameterMessage, origin: Origin): DiameterMessage {
  return { header: answerHeaderOf(request.header), avps: [resultAvp(SUCCESS), ...originAvps(origin)] };
}

/** Reads a Disconnect-Peer-Request. @throws DiameterError */
export function readDisconnect({ avps }: DiameterMessage): Disconnect {
  return { origin: originIn(avps), cause: requiredIn(avps, 'Disconnect-Cause') };
}

/** Reads a Disconnect-Peer-Answer. @throws DiameterError */
export function readDisconnectAnswer(message: DiameterMessage): {
  readonly origin: Origin;
  readonly result: DiameterResult;
} {
  return { result: resultIn(message.avps), origin: originIn(message.avps) };
}
