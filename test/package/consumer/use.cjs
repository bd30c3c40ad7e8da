// What a user of the libraries does: the vectors that the package is told are made again from their inputs.
const octets = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value) => Buffer.from(value).toString('hex');

exports.use = ({ mikey, keys, gba, httpDigest, events, ue }, { inputs, digest, event }) => {
  const muk = keys.secretKeyFromHex(inputs.muk, 32);
  const message = mikey.encodeMskMessage({
    muk,
    csbId: inputs.csbId,
    rand: octets(inputs.rand),
    counter: inputs.counter,
    bmscId: gba.nafId('bmsc.home1.net'),
    ueId: Buffer.from(inputs.idr, 'hex'),
    keyDomainId: keys.parseKeyDomainId(inputs.keyDomainId),
    mskId: keys.parseMskId(inputs.mskId),
    msk: keys.secretKeyFromHex(inputs.msk, 16),
    validity: keys.mskValidity(0x0010, 0x0fff),
    verificationRequested: true,
  });
  const opened = mikey.openMskMessage(mikey.decodeMikeyMessage(message), muk);
  const { metadata, data } = events.parseEvent(JSON.stringify(event));
  return {
    message: hex(message),
    msk: hex(opened.msk.exposeOctets()),
    bTid: gba.btidOf({ rand: octets('23553cbe9637a89d218ae64dae47bf35'), bsfName: 'bsf.home1.net' }),
    isDigestCorrect: httpDigest.isResponseCorrect({
      ...digest,
      authorization: httpDigest.parseAuthorization(digest.header),
      entityBody: Buffer.from(digest.entityBody),
    }),
    event: [metadata.eventId, data.mskId.keyGroup],
    startUe: typeof ue.startUe,
  };
};
