import { loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { GROUP, KEY_DOMAIN_ID, SERVICES } from './actors/names.ts';
import type { OperatorAct, UeAct } from './plan.ts';
import type { Run } from './simulate.ts';

const CURRENT = '00100000';
/** A UE notices within this time that a NAT has given it another address, in ms. */
const NOTICES_AFTER_MS = 60_000;

/** What operators, UEs and machines do while a run misbehaves. */
export class Acts {
  readonly #run: Run;
  #hasEnded = false;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Everything of the plan at its time. */
  begin(): void {
    const { world, plan, operator } = this.#run;
    const { scheduler, machine } = world;
    for (const act of plan.operatorActs)
      scheduler.after(act.at, operator.machine, () => {
        world.trace.note('operator', `${act.kind} ${act.which}`);
        // At the command line a person sees the error.
        this.#operate(act).catch((error: unknown) =>
          world.trace.note('operator', `${act.kind}: ${String(error)}`),
        );
      });
    for (const act of plan.ueActs) scheduler.after(act.at, machine, () => this.#actAsUe(act));
    const tick = () => {
      if (this.#hasEnded) return;
      this.#strike();
      scheduler.after(1000, machine, tick);
    };
    tick();
  }

  /** No fault comes by itself any more. */
  end(): void {
    this.#hasEnded = true;
  }

  async #operate({ kind, which }: OperatorAct): Promise<unknown> {
    const { operator, history, ues } = this.#run;
    const push = { keyDomainId: KEY_DOMAIN_ID, mskId: CURRENT };
    const group = { keyDomainId: KEY_DOMAIN_ID, keyGroup: CURRENT.slice(0, 4) };
    const ids = [...history.pushes.keys()];
    const pushId = ids[which % Math.max(1, ids.length)];
    const ue = ues[which % ues.length];
    switch (kind) {
      case 'push-holders':
        return operator.ask('Push MSK', { ...push, target: { allHolders: true } });
      case 'push-service':
        return operator.ask('Push MSK', { ...push, target: { serviceId: SERVICES[which % 2] ?? '' } });
      case 'push-slowly':
        return operator.ask('Push MSK', {
          ...push,
          target: { allHolders: true },
          pacing: { perSecond: 1 + (which % 4) },
        });
      case 'push-listed': {
        const listed = ues.slice(0, 1 + (which % 5)).map(({ impi }) => impi);
        // Some systems list a UE twice.
        return operator.ask('Push MSK', {
          ...push,
          target: { ues: [...listed, ...listed.slice(which % 3)] },
        });
      }
      case 'push-undelivered':
        return pushId && operator.ask('Push MSK', { ...push, target: { undeliveredOf: pushId } });
      case 'solicit':
        return operator.ask('Solicit MSK Pull', { ...group, target: { allHolders: true } });
      case 'cancel':
        return pushId && operator.cancel(pushId);
      case 'rotate':
        return operator.ask('Rotate MSK', { ...group, leadTimeSeconds: 10 + (which % 60) });
      case 'revoke': {
        const found = await loadKeyGroup(operator.store, GROUP);
        const number = [...(found?.msks.keys() ?? [])][which % 2];
        const mskId = `0010${(number ?? 1).toString(16).padStart(4, '0')}`;
        return operator.ask('Revoke MSK', { keyDomainId: KEY_DOMAIN_ID, mskId });
      }
      case 'block':
        return ue && operator.block(ue);
      case 'unblock': {
        const blocked = ues.find(({ isBlocked }) => isBlocked);
        return blocked && operator.unblock(blocked);
      }
    }
  }

  #actAsUe({ kind, ue: which }: UeAct): void {
    const { ues, world } = this.#run;
    const ue = ues[which % ues.length];
    if (ue === undefined || ue.isBlocked || ue.busy > 0) return;
    world.trace.note(ue.machine.name, kind);
    switch (kind) {
      case 'leave':
        return void ue.leave();
      case 'come-back':
        return void ue.comeBack();
      case 'bootstrap':
        return void ue.bootstrapAnew();
      case 'move':
        return void ue.move();
      case 'request':
        return void ue.request();
      case 'sleep':
        ue.machine.pause(world.scheduler.now + 60_000);
        return;
      case 'wake':
        world.scheduler.wake(ue.machine);
        return;
      case 'forge':
        ue.forge();
        return;
      case 'answer-again':
        ue.answerAgain();
        return;
      case 'provision-again':
        return void ue.provisionAgain();
    }
  }

  /** Faults that come by themselves, each second. */
  #strike(): void {
    const { world, senders, ues, keyRequests } = this.#run;
    const { faults, random, aws } = world;
    const comes = (fault: Parameters<typeof world.strikes>[0], times = 1) =>
      world.strikes(fault, (faults[fault] * times) / 60);
    if (comes('ends', senders.count)) senders.end();
    if (comes('pauses', senders.count)) senders.pause(random.next() * faults.pauseMs);
    if (comes('clockSteps', senders.count)) senders.stepClock((random.next() * 2 - 1) * faults.skewMs);
    if (comes('scalings')) senders.scale(random.whole(9));
    if (comes('outages')) aws.beginOutage(random.next() * faults.outageMs);
    if (comes('requestReplays')) keyRequests.replay();
    const event = aws.bus.archive[random.whole(Math.max(1, aws.bus.archive.length))];
    if (comes('replays') && event !== undefined) aws.bus.replay(event);
    if (comes('rebindings')) {
      const ue = ues[random.whole(ues.length)];
      if (ue !== undefined && ue.busy === 0 && !ue.isBlocked) void ue.move(random.next() * NOTICES_AFTER_MS);
    }
  }
}
