/** One line that is wrong again. */
export interface Change {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly correct: string;
  readonly wrong: string;
}

/** A bug that this project had, or nearly had, as a change of its present code. */
export interface KnownBug extends Change {
  readonly name: string;
  readonly about: string;
  /** Further lines, where the present code has several that each prevent it. */
  readonly also?: readonly Change[];
}

/** They are put back one at a time: the simulation must find each. */
export const KNOWN_BUGS: readonly KnownBug[] = [
  {
    name: 'vanished-msk',
    about: 'where the MSK of a push is gone, a UE of two User Services counts twice',
    file: 'lib/distribution/push/send-page.ts',
    correct:
      "if (typeof content === 'string') return ended(withRefused(allFailed(content, recipients), refused));",
    wrong: "if (typeof content === 'string') return ended(allFailed(content, ues));",
  },
  {
    name: 'counted-twice',
    about: 'a page that is settled again counts again',
    file: 'lib/store/ledger/push-chain.ts',
    correct: "condition: 'NOT contains(done, :page)',",
    wrong: "condition: 'NOT contains(done, :page) OR contains(done, :page)',",
  },
  {
    name: 'second-outcome',
    about: 'of two senders of one page, the later one overwrites the outcome that is reported',
    file: 'lib/store/ledger/push-page.ts',
    correct: "condition: 'attribute_not_exists(outcome)',",
    wrong: 'condition: undefined,',
  },
  {
    name: 'part-of-batch-refused',
    about: 'pages that the queue refuses in a batch are lost',
    file: 'functions/key-distribution/queue/send-units.ts',
    correct: 'pending = pending.filter(({ Id }) => refused.has(Id));',
    wrong: 'pending = pending.filter(({ Id }) => refused.has(Id) && false);',
  },
  {
    name: 'events-refused',
    about: 'events that the bus refuses in a call are lost',
    file: 'lib/events/publish.ts',
    correct: 'pending = pending.filter((_, index) => results[index]?.EventId === undefined);',
    wrong: 'pending = pending.filter((_, index) => results[index] === undefined);',
  },
  {
    name: 'interrupted-is-done',
    about: 'a message whose work was interrupted or has failed is deleted all the same',
    file: 'functions/key-distribution/queue/consumer.ts',
    correct: 'await received.returnAfter(ReceiptHandle, retryAfter(Attributes));',
    wrong: 'await received.delete(ReceiptHandle);',
  },
  {
    name: 'dead-letters-after-throttling',
    about: 'what fails is tried ten times in seconds, and is a dead letter when AWS throttles for longer',
    file: 'functions/key-distribution/queue/consumer.ts',
    correct: 'return Math.min(RETRY_AFTER_S.max, RETRY_AFTER_S.first * 2 ** failedBefore);',
    wrong: 'return Math.min(1, RETRY_AFTER_S.first * 2 ** failedBefore);',
  },
  {
    name: 'end-of-page',
    about: 'an answer of 1 MB that ends early is taken for the end of a shard, and UEs are left out',
    file: 'lib/store/registration/registration-page.ts',
    correct: 'if (taken > 0 && !isLast && (ues.length === limit || part.more))',
    wrong: 'if (taken > 0 && !isLast && ues.length === limit)',
  },
  {
    name: 'unprocessed-keys',
    about: 'keys of a batch that DynamoDB leaves unprocessed are taken for absent items',
    file: 'lib/store/table.ts',
    correct: 'pending = answer.UnprocessedKeys?.[table.tableName]?.Keys ?? [];',
    wrong: 'pending = [];',
  },
  {
    name: 'stale-address',
    about: 'registrations keep the address that their UE had before',
    file: 'lib/store/registration/delivery-copy.ts',
    correct: 'if (association.isCurrent?.BOOL !== true) return;',
    wrong: 'if (association.isCurrent?.BOOL !== false) return;',
  },
  {
    name: 'skewed-counters',
    about: 'MIKEY counters follow the own clock of a sender, and UEs refuse those of another as replayed',
    file: 'lib/distribution/delivery/service-clock.ts',
    correct: 'this.#window.ahead = Math.max(this.#window.ahead, serviceTime - now);',
    wrong: 'this.#window.ahead = Math.max(this.#window.ahead, 0 * serviceTime * now);',
  },
  {
    name: 'two-services',
    about: 'a UE of two User Services is sent each push twice',
    file: 'lib/distribution/recipients/recipients.ts',
    correct: 'return ofUe !== undefined && serviceOf(ofUe, services) === onlyOf;',
    wrong: 'return ofUe !== undefined;',
  },
  {
    name: 'blocked-registrations',
    about: 'the registrations of a blocked subscriber stay, with their keys',
    file: 'lib/store/registration/block.ts',
    correct:
      'await Promise.all([...serviceIds].map((serviceId) => deleteItem(store, registrationKey(serviceId, impi))));',
    wrong: 'await Promise.all([...serviceIds].map((serviceId) => registrationKey(serviceId, impi)));',
  },
  {
    name: 'lost-answer-of-request',
    about: 'the answer to a request that cannot succeed, or has, is lost with the function that gives it',
    file: 'lib/store/key-group/msk-rotation.ts',
    correct: 'const known = knownOutcome(group, request);',
    wrong: "const known: Preparation | undefined = knownOutcome(group, request) && { kind: 'repeated' };",
  },
  {
    name: 'later-refused',
    about: 'work that is put off is lost where the queue refuses to take it again',
    file: 'functions/key-distribution/queue/consumer.ts',
    correct:
      'await sendEntries(sqs, queueUrl, [{ MessageBody: body, DelaySeconds, ...inTrace(traceHeader) }]);',
    wrong:
      'await sendEntries(sqs, queueUrl, [{ MessageBody: body, DelaySeconds, ...inTrace(traceHeader) }]).catch(() => {});',
  },
  {
    name: 'page-sent-again',
    about: 'the page of a sender that ended is sent again as a whole',
    file: 'lib/distribution/push/run-page.ts',
    correct: 'const left = confirmed.size === 0 ? ues : ues.filter(({ impi }) => !confirmed.has(impi));',
    wrong: 'const left = ues;',
  },
  {
    name: 'claim-answer-lost',
    about: 'a sender whose claim was written, and the answer lost, waits for its own claim to end',
    file: 'lib/store/ledger/page-claim.ts',
    correct: 'if (item.heldBy?.S === sender && heldUntil === now + leaseMs) return mine(id, item);',
    wrong: 'if (heldUntil < 0) return mine(id, item);',
  },
  {
    name: 'hung-rotation',
    about: 'a rotation whose activation was missed makes every later one refused',
    file: 'lib/key-rotation/rotate.ts',
    correct: 'if (activateAt + OVERDUE_AFTER_MS > now) return;',
    wrong: 'if (activateAt + OVERDUE_AFTER_MS !== now) return;',
  },
  {
    name: 'refusal-once',
    about: 'a rotation that was refused is taken for a repetition when its event comes again',
    file: 'lib/store/key-group/msk-rotation.ts',
    correct: "if (refusedRequests.includes(request)) return { kind: 'rotation-under-way', prepared };",
    wrong: "if (refusedRequests.includes(request)) return { kind: 'repeated' };",
  },
  {
    name: 'listed-twice',
    about: 'a UE that an event lists twice counts twice',
    file: 'lib/distribution/push/start-push.ts',
    correct: "return 'ues' in target ? { ues: [...new Set(target.ues)] } : target;",
    wrong: 'return target;',
  },
  {
    name: 'provisioned-again',
    about: 'an association that is provisioned again counts anew, and its UE refuses each MSK as replayed',
    file: 'lib/store/association/put-association.ts',
    correct: 'return Math.min(stored.bootstrappedAt, keys.bootstrappedAt);',
    wrong: 'return keys.bootstrappedAt;',
  },
  {
    name: 'muk-ended',
    about: 'an MSK goes out under a MUK that ended while it waited',
    file: 'lib/distribution/delivery/stamp.ts',
    correct: 'if (isExpired(expiresAt, now)) {',
    wrong: 'if (isExpired(expiresAt, now - 1e9)) {',
  },
  {
    name: 'second-pull',
    about: 'several pulls are solicited under one MUK that has ended',
    file: 'lib/store/association/expired-association.ts',
    correct: 'if (lastPullId === pullId || (lastPullId === undefined && (await claim(store, btid, pullId))))',
    wrong: "if (lastPullId !== '')",
  },
  {
    name: 'earlier-copy',
    about: 'a copy in a registration is replaced by an earlier one',
    file: 'lib/store/registration/delivery-copy.ts',
    correct: "'(btid = :btid AND (attribute_not_exists(copyVersion) OR copyVersion < :copyVersion)) OR ' +",
    wrong: "'(btid = :btid AND (attribute_not_exists(copyVersion) OR copyVersion <> :copyVersion)) OR ' +",
  },
  {
    name: 'copy-never-made',
    about: 'a copy that was due when a request was cut off is never made',
    file: 'lib/store/association/authenticated-request.ts',
    correct: 'isToCopy: isChanged || association.isCopyDue,',
    wrong: 'isToCopy: isChanged,',
  },
  {
    name: 'revoked-octets',
    about: 'a revoked MSK keeps its octets, and UEs are sent them',
    file: 'lib/store/key-group/msk-rotation.ts',
    correct: '...liveMsks<ChangedMsk>([{ keyNumber, msk: NO_MSK, validity: EMPTY_VALIDITY }, current]),',
    wrong: '...liveMsks<ChangedMsk>([revoked, current]),',
  },
  {
    name: 'revoked-in-hand',
    about: 'a sender that has messages with a revoked MSK in hand sends them',
    file: 'lib/distribution/stop-watch.ts',
    correct: 'else delivery.revoke(stop);',
    wrong: 'else void stop;',
  },
  {
    name: 'blocked-in-hand',
    about: "a sender that has a blocked subscriber's message in hand sends it",
    file: 'lib/distribution/stop-watch.ts',
    correct: "else if (stop.kind === 'subscriber-blocked') delivery.block(stop.impi);",
    wrong: "else if (stop.kind === 'subscriber-blocked') void stop.impi;",
  },
  {
    name: 'cancelled-goes-on',
    about: 'a cancelled push goes on at senders that have begun it',
    file: 'lib/distribution/stop-watch.ts',
    correct: "if (stop.kind === 'push-cancelled') delivery.cancel(stop.pushId);",
    wrong: "if (stop.kind === 'push-cancelled') void stop.pushId;",
  },
  {
    name: 'joined-elsewhere',
    about: 'a UE that moved while its MSK was under way is told to wait for that message',
    file: 'lib/distribution/answers/deliver-directly.ts',
    correct:
      "const message = [keyDomainId, formatMskId(sentId), btid, address.address, address.port].join('/');",
    wrong: "const message = [keyDomainId, formatMskId(sentId), btid].join('/');",
  },
  {
    name: 'replayed-archive',
    about: 'an archive that is replayed sends keys again',
    file: 'lib/distribution/handle-work.ts',
    correct: 'if (replayName !== undefined && !context.sendReplays) return DONE;',
    wrong: "if (replayName === '') return DONE;",
  },
  {
    name: 'cut-off-deregistration',
    about: "a deregistration that was cut off can't be completed",
    file: 'lib/store/registration/registration.ts',
    correct: 'await Promise.all(deleteItems());',
    wrong: "await changeRegistrations(store, { impi }, 'DELETE', serviceIds);",
  },
  {
    name: 'left-under-another',
    about: "a deregistration that was cut off can't be completed under an association bootstrapped since",
    file: 'lib/store/registration/registration.ts',
    correct: 'await Promise.all(deleteItems());',
    wrong: '',
  },
  {
    name: 'granted-and-lost',
    about: 'a UE is granted an MSK, and nobody is told to send it where the bus is away',
    file: 'lib/key-management/key-request.ts',
    correct: 'await Promise.all([recorded.complete(), context.publish([event])]);',
    wrong: 'await Promise.all([recorded.complete(), context.publish([event]).catch(() => {})]);',
  },
  {
    name: 'refused-request-again',
    about: 'the octets of a refused request can be sent again until they are granted',
    file: 'lib/key-management/key-request.ts',
    correct: 'const refused = await recordRefusal(context, verdict);',
    wrong: "const refused = await Promise.resolve({ kind: 'recorded' as const });",
  },
  {
    name: 'nonce-floor',
    about:
      'a request is granted again by an instance whose clock is behind, when another has forgotten its nonce',
    file: 'lib/store/association/nonce-counts.ts',
    correct: "set.push('nonceFloor = :nonceFloor');",
    wrong: 'void set;',
    also: [
      {
        file: 'lib/key-management/grant.ts',
        correct: 'const noncesExpiredBefore = now() - settings.nonceLifetimeMs - CLOCK_ALLOWANCE_MS;',
        wrong: 'const noncesExpiredBefore = now() - settings.nonceLifetimeMs;',
      },
    ],
  },
  {
    name: 'starvation',
    about: 'one UE that asks for all it can, and answers nothing, holds up the MSKs of others',
    file: 'lib/distribution/delivery/delivery.ts',
    correct:
      'return this.#queues.open(sendQueue, pacingOfShare(pacing, this.#share.of), allowance !== undefined);',
    wrong: 'return this.#queues.open(sendQueue, pacingOfShare(pacing, this.#share.of), false);',
    also: [
      {
        file: 'lib/distribution/answers/answer-bounds.ts',
        correct: "if (this.#underWay.has(message)) return 'joined';",
        wrong: "if (this.#underWay.has(message) || true) return 'admitted';",
      },
      {
        file: 'lib/distribution/answers/answer-bounds.ts',
        correct: 'return isSame(this.#verifiedAt, to) || this.#credit >= octets + left;',
        wrong: 'return isSame(this.#verifiedAt, to) || this.#credit >= -1e9 * octets - left;',
      },
    ],
  },
];
