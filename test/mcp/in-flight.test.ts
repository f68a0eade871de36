import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InFlight, InFlightById, type Slotted } from '../../src-main/base/in-flight.ts';

it('what is in flight is what was added and not yet taken off, like a set', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 9 }))), (steps) => {
      const items: Slotted[] = Array.from({ length: 10 }, () => ({ slot: -1 }));
      const inFlight = new InFlight();
      const model = new Set<Slotted>();
      for (const [add, index] of steps) {
        const item = items[index]!;
        if (add && !model.has(item)) {
          inFlight.add(item);
          model.add(item);
        } else if (!add) {
          expect(inFlight.delete(item)).toBe(model.delete(item));
        }
        expect(inFlight.size).toBe(model.size);
        expect(new Set(inFlight.all())).toEqual(model);
        expect(items.filter((one) => inFlight.has(one))).toEqual(items.filter((one) => model.has(one)));
      }
    }),
  );
});

it('what is in flight by id is what was set and not yet taken, like a map', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 9 }))), (steps) => {
      const inFlight = new InFlightById<string>();
      const model = new Map<number, string>();
      steps.forEach(([set, id], at) => {
        if (set && !model.has(id)) {
          inFlight.set(id, `item ${at}`);
          model.set(id, `item ${at}`);
        } else if (!set) {
          expect(inFlight.take(id)).toBe(model.get(id));
          model.delete(id);
        }
        expect(inFlight.size).toBe(model.size);
        expect(inFlight.get(id)).toBe(model.get(id));
        expect(inFlight.entries()).toEqual([...model].sort(([a], [b]) => a - b));
      });
      inFlight.clear();
      expect(inFlight.size).toBe(0);
    }),
  );
});
