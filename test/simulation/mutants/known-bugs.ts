/** A bug that this project had, or nearly had, as a change of its present code. */
export interface KnownBug {
  readonly name: string;
  readonly about: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly correct: string;
  readonly wrong: string;
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
    correct: 'if (more && last !== undefined) return',
    wrong: 'if (more && last !== undefined && false) return',
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
];
