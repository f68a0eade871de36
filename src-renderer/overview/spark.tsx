import { t } from '../strings.ts';

const height = 26;
const width = 240;

/** Calls a minute over the last hour as bars; the part that ended in errors is marked at the foot. */
export function Spark({ values, faults }: { readonly values: readonly number[]; readonly faults: readonly number[] }) {
  const most = Math.max(...values, 0);
  const top = Math.max(most, 4);
  const step = width / Math.max(values.length, 1);
  const tall = (value: number): number => (value === 0 ? 0 : Math.max(2, (value / top) * height));
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t.overview.stats.perMinuteSay(values.at(-1) ?? 0, most)}
    >
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} className="ground" />
      {values.map((value, index) =>
        value === 0 ? null : (
          <rect key={index} x={index * step} width={step * 0.72} y={height - tall(value)} height={tall(value)} />
        ),
      )}
      {faults.map((value, index) =>
        value === 0 ? null : (
          <rect
            key={index}
            className="bad"
            x={index * step}
            width={step * 0.72}
            y={height - tall(value)}
            height={tall(value)}
          />
        ),
      )}
    </svg>
  );
}
