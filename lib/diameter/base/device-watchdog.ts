import { optionalAvp, valueIn } from '../avp/values.ts';
import { APPLICATION, COMMAND } from '../constants.ts';
import { answerHeaderOf, type DiameterMessage } from '../message.ts';
import { type MessageIds, type Origin, originAvps, originIn, requestHeader } from './origin.ts';
import { type DiameterResult, resultAvp, resultIn, SUCCESS } from './result.ts';

/** What a watchdog message says (RFC 6733 §5.5). */
export interface Watchdog {
  readonly origin: Origin;
  readonly originStateId?: number | undefined;
}

/** Device-Watchdog-Request. @throws DiameterError `bad-value` */
export function watchdogRequest(ids: MessageIds, { origin, originStateId }: Watchdog): DiameterMessage {
  return {
    header: requestHeader(ids, COMMAND.DEVICE_WATCHDOG, APPLICATION.BASE),
    avps: [...originAvps(origin), ...optionalAvp('Origin-State-Id', originStateId)],
  };
}

/** Device-Watchdog-Answer. @throws DiameterError `bad-value` */
export function watchdogAnswer(
  request: DiameterMessage,
  { origin, originStateId }: Watchdog,
): DiameterMessage {
  return {
    header: answerHeaderOf(request.header),
    avps: [resultAvp(SUCCESS), ...originAvps(origin), ...optionalAvp('Origin-State-Id', originStateId)],
  };
}

/** Reads a Device-Watchdog-Request. @throws DiameterError */
export function readWatchdog({ avps }: DiameterMessage): Watchdog {
  return { origin: originIn(avps), originStateId: valueIn(avps, 'Origin-State-Id') };
}

/** Reads a Device-Watchdog-Answer. @throws DiameterError */
export function readWatchdogAnswer(message: DiameterMessage): Watchdog & { readonly result: DiameterResult } {
  return { result: resultIn(message.avps), ...readWatchdog(message) };
}
