const paths = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 6v7.5M12 17.4v.2',
  dots: 'M5.5 12h.01M12 12h.01M18.5 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
  minus: 'M6 12h12',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM20 20l-4.7-4.7',
  copy: 'M9 9V5h10v10h-4M5 9h10v10H5z',
  play: 'M8 5.5l10 6.5-10 6.5z',
  pause: 'M9 6v12M15 6v12',
  pin: 'M9 4h6l-.7 6 3.2 3.5H6.5L9.7 10zM12 13.5V20',
  right: 'M9.5 6l6 6-6 6',
  down: 'M6 9.5l6 6 6-6',
  trash: 'M5 7h14M10 4h4M7 7l1 13h8l1-13',
  folder: 'M4 7h6l2 2.5h8V18H4z',
  key: 'M14.5 9.5a4 4 0 1 0-3.5 4l2 2h2v2h2v2h3v-3l-5.7-5.5z',
  terminal: 'M5 7l5 5-5 5M12.5 17H19',
  globe:
    'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM4 12h16M12 4c2.5 2.3 3.5 5 3.5 8s-1 5.7-3.5 8c-2.5-2.3-3.5-5-3.5-8s1-5.7 3.5-8z',
  retry: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
  eye: 'M3 12c2.5-4 5.5-6 9-6s6.5 2 9 6c-2.5 4-5.5 6-9 6s-6.5-2-9-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  overview:
    'M4 12h3M17 12h3M10 12h4M8.5 12m-1.5 0a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0M15.5 12m-1.5 0a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0M4 6h16M4 18h16',
  traces: 'M4 6h9M8 12h12M4 18h6M15 18h5',
  profiles: 'M5 5h14v5H5zM5 14h14v5H5zM8 7.5h.01M8 16.5h.01',
  doctor: 'M4 12h4l2-5 4 10 2-5h4',
  logs: 'M5 6h14M5 10h14M5 14h9M5 18h11',
  settings: 'M5 8h6M15 8h4M5 16h4M13 16h6M13 8m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0M11 16m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
  external: 'M13 5h6v6M19 5l-9 9M11 7H5v12h12v-6',
  clock: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.5l3 2',
  unlink: 'M9 15l6-6M10 7l1.5-1.5a4.2 4.2 0 0 1 6 6L16 13M14 17l-1.5 1.5a4.2 4.2 0 0 1-6-6L8 11',
  download: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14',
  spark: 'M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8z',
} as const;

export type IconName = keyof typeof paths;

/** Decoration beside words; a control that has nothing else needs an aria-label of its own. */
export function Icon({ name, thin = false }: { readonly name: IconName; readonly thin?: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'dots' ? 3.4 : thin ? 1.7 : 2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

export function Arch() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeLinecap="round" aria-hidden="true">
      <path d="M3 20v-6a9 9 0 0 1 18 0v6" strokeWidth="2.6" />
      <path d="M8.5 20v-5a3.5 3.5 0 0 1 7 0v5" strokeWidth="2.2" />
    </svg>
  );
}
