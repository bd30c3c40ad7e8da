import {
  APPLICATION,
  COMMAND,
  capabilitiesAnswer,
  type DiameterMessage,
  disconnectAnswer,
  errorAnswer,
  type OwnCapabilities,
  RESULT_CODE,
  readCapabilities,
  readDisconnect,
  readWatchdog,
  SUCCESS,
  watchdogAnswer,
} from '../diameter/index.ts';

/**
 * Answers a request of an open connection that every peer answers alike: watchdog, disconnection, and new
 * capabilities; refuses those of other applications and unknown commands (RFC 6733 §7.1.3).
 * @throws DiameterError when the request can't be read
 */
export function answerBaseRequest(request: DiameterMessage, own: OwnCapabilities): DiameterMessage {
  const { command, application } = request.header;
  if (application !== APPLICATION.BASE && application !== APPLICATION.ZN)
    return refused(request, own, RESULT_CODE.APPLICATION_UNSUPPORTED, 'this application is not served');
  if (application === APPLICATION.BASE) {
    switch (command) {
      case COMMAND.DEVICE_WATCHDOG:
        readWatchdog(request);
        return watchdogAnswer(request, own);
      case COMMAND.DISCONNECT_PEER:
        readDisconnect(request);
        return disconnectAnswer(request, own.origin);
      case COMMAND.CAPABILITIES_EXCHANGE:
        readCapabilities(request);
        return capabilitiesAnswer(request, SUCCESS, own);
    }
  }
  return refused(request, own, RESULT_CODE.COMMAND_UNSUPPORTED, 'this command is not served');
}

function refused(
  request: DiameterMessage,
  { origin }: OwnCapabilities,
  resultCode: number,
  message: string,
): DiameterMessage {
  return errorAnswer(request, origin, { resultCode, message });
}
