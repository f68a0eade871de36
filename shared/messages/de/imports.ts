import type { importStrings as english } from '../en/imports.ts';
import type { Translated } from '../message.ts';

export const importStrings: Translated<typeof english> = {
  searching: 'Einstellungen anderer Apps werden durchsucht…',
  none: 'Kein Server gefunden',
  noneSay:
    'In Claude Desktop, Claude Code, Cursor, VS Code, Windsurf und Codex ist auf diesem Rechner nichts eingerichtet. Sie können einen Server trotzdem über seinen Befehl oder seine URL angeben.',
  found: 'Server, die andere Apps hier eingerichtet haben',
  say: 'Wählen Sie einen oder mehrere. Jeder wird ein Channel des Tunnels; nichts läuft, bevor Sie zugestimmt haben.',
  search: 'Server suchen',
  searchPlaceholder: 'Name, Befehl, Adresse oder App',
  noMatch: 'Kein Server passt zu „{0}“.',
  total: '{0, plural, one {# Server} other {# Server}}',
  chosen: '{0, number} ausgewählt: {1}',
  disabled: 'in {0} ausgeschaltet',
  unusable: 'nicht verwendbar',
  taken: 'bereits ausgewählt',
  dropped: '{0, number} nicht übernommen',
  secrets: '{0, plural, one {# Geheimnis} other {# Geheimnisse}}',
  unreadable: 'Die Einstellungen einer App sind nicht lesbar.',
  notCarried: 'Nicht übernommen',
  notCarriedMore: '{0, plural, one {Ein Punkt braucht} other {{0, number} Punkte brauchen}} Ihre Eingabe.',
  ofServer: '{0}, aus {1}',
  dialog: {
    title: 'Server anderer Apps',
    profile: 'Als Tunnel einrichten',
    channels:
      '{0, plural, =0 {Als Channel hinzufügen} =1 {Als Channel hinzufügen} other {Als {0, number} Channels hinzufügen}}',
    added: 'Hinzugefügt: {0}',
    addedMore: 'Sie stehen im Formular; speichern Sie, um sie zu behalten. Jeder Befehl fragt vor dem ersten Start.',
    addedDropped: 'Nicht übernommen: {0}',
  },
};
