import { askDate } from '../ask-date.ts';
import { passed, skipped, warned, type ProfileCheck } from '../check.ts';

/** Certificates and signatures are judged by the clock; a minute does no harm. */
const tolerableMs = 60_000;

export const clock: ProfileCheck = {
  scope: 'profile',
  id: 'clock',
  title: 'Clock of this machine',
  why: 'Certificates are judged by it: with a wrong date the best of them looks expired.',
  after: ['source', 'tls'],
  async run({ way, services }) {
    const step = 'clock.offset';
    const date = await askDate(way).catch(() => undefined);
    if (date === undefined) return { evidence: [skipped(step, 'app', 'The other end does not say what time it is.')] };
    const offsetMs = Math.round((services.now?.() ?? Date.now()) - date);
    if (Math.abs(offsetMs) <= tolerableMs) return { evidence: [passed(step, 'app', { offsetMs })] };
    const minutes = Math.round(Math.abs(offsetMs) / 60_000);
    const summary = `This machine is ${minutes} min ${offsetMs > 0 ? 'ahead' : 'behind'}; switch on its time service.`;
    return { evidence: [warned(step, 'app', summary, { offsetMs })] };
  },
};
