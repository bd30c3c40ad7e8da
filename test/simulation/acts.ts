import { randomBytes } from 'node:crypto';
import { loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { cancelPush } from '../../lib/store/ledger/cancel-push.ts';
import { blockSubscriber, unblockSubscriber } from '../../lib/store/registration/block.ts';
import { GROUP, KEY_DOMAIN_ID, SERVICES } from './actors/names.ts';
import type { OperatorAct, UeAct } from './plan.ts';
import type { Run } from './simulate.ts';

const CURRENT = '00100000';

/** What operators, UEs and machines do while a run misbehaves. */
export class Acts {
  readonly #run: Run;

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
      this.#strike();
      scheduler.after(1000, machine, tick);
    };
    tick();
  }

  async #operate({ kind, which }: OperatorAct): Promise<unknown> {
    const { operator, history, ues, world } = this.#run;
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
      case 'push-listed':
        return operator.ask('Push MSK', {
          ...push,
          target: { ues: ues.slice(0, 1 + (which % 5)).map(({ impi }) => impi) },
        });
      case 'push-undelivered':
        return pushId && operator.ask('Push MSK', { ...push, target: { undeliveredOf: pushId } });
      case 'solicit':
        return operator.ask('Solicit MSK Pull', { ...group, target: { allHolders: true } });
      case 'cancel':
        return (
          pushId &&
          cancelPush(operator.store, pushId, { now: Date.now(), id: randomBytes(8).toString('hex') })
        );
      case 'rotate':
        return operator.ask('Rotate MSK', { ...group, leadTimeSeconds: 10 + (which % 60) });
      case 'revoke': {
        const found = await loadKeyGroup(operator.store, GROUP);
        const number = [...(found?.msks.keys() ?? [])][which % 2];
        const mskId = `0010${(number ?? 1).toString(16).padStart(4, '0')}`;
        return operator.ask('Revoke MSK', { keyDomainId: KEY_DOMAIN_ID, mskId });
      }
      case 'block': {
        if (ue === undefined) return;
        if (!ue.isBlocked) ue.unblocked = ue.change();
        ue.isBlocked = true;
        await blockSubscriber(operator.store, ue.impi, Date.now());
        if (ue.isBlocked) ue.blockedSince = world.scheduler.now;
        return;
      }
      case 'unblock': {
        const blocked = ues.find(({ isBlocked }) => isBlocked);
        if (blocked === undefined) return;
        blocked.blockedSince = undefined;
        blocked.isBlocked = false;
        await unblockSubscriber(operator.store, blocked.impi, Date.now());
        await blocked.bootstrapAnew();
        return blocked.unblocked();
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
        ue.machine.pausedUntil = world.scheduler.now + 60_000;
        return;
      case 'wake':
        ue.machine.pausedUntil = 0;
        return;
      case 'forge':
        ue.forge();
        return;
    }
  }

  /** Faults that come by themselves, each second. */
  #strike(): void {
    const { world, senders, ues } = this.#run;
    const { faults, random } = world;
    const strikes = (aMinute: number) => random.happens(aMinute / 60);
    if (strikes(faults.ends * senders.count)) senders.end();
    if (strikes(faults.pauses * senders.count)) senders.pause(random.next() * faults.pauseMs);
    if (strikes(faults.clockSteps * senders.count))
      senders.stepClock((random.next() * 2 - 1) * faults.skewMs);
    if (strikes(faults.scalings)) senders.scale(random.whole(9));
    if (strikes(faults.rebindings)) {
      const ue = ues[random.whole(ues.length)];
      if (ue !== undefined && ue.busy === 0 && !ue.isBlocked) void ue.move();
    }
  }
}
