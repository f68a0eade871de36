import type { Rates } from '../../shared/app.ts';
import { count, durationParts, percent } from '../format.ts';
import { t } from '../strings.ts';
import { Spark } from './spark.tsx';

const words = t.overview.stats;

function Stat({ label, value, unit = '' }: { readonly label: string; readonly value: string; readonly unit?: string }) {
  return (
    <div className="stat">
      <dt>{label}</dt>
      <dd>
        <b>{value}</b>
        {unit !== '' && <i>{unit}</i>}
      </dd>
    </div>
  );
}

function Latency({ label, ms }: { readonly label: string; readonly ms: number | undefined }) {
  if (ms === undefined) return <Stat label={label} value={words.none} />;
  const [value, unit] = durationParts(ms);
  return <Stat label={label} value={value} unit={unit} />;
}

/** The last hour in five figures. */
export function Stats({ rates }: { readonly rates: Rates }) {
  const share = rates.calls === 0 ? undefined : rates.errors / rates.calls;
  return (
    <dl className="stats">
      <Stat label={words.calls} value={count(rates.calls)} />
      {share === undefined ? (
        <Stat label={words.errors} value={words.none} />
      ) : (
        <Stat label={words.errors} value={percent(share)} unit="%" />
      )}
      <Latency label={words.median} ms={rates.p50Ms} />
      <Latency label={words.p95} ms={rates.p95Ms} />
      <div className="stat wide">
        <dt>{words.perMinute}</dt>
        <dd>
          <Spark values={rates.perMinute} faults={rates.errorsPerMinute} />
        </dd>
      </div>
    </dl>
  );
}
