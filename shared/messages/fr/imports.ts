import type { importStrings as english } from '../en/imports.ts';
import type { Translated } from '../message.ts';

export const importStrings: Translated<typeof english> = {
  searching: 'Recherche dans les paramètres des autres applications…',
  none: 'Aucun serveur trouvé',
  noneSay:
    'Rien n’est configuré dans Claude Desktop, Claude Code, Cursor, VS Code, Windsurf ou Codex sur cette machine. Vous pouvez toujours indiquer un serveur par sa commande ou son URL.',
  found: 'Serveurs configurés par d’autres applications',
  say: 'Choisissez-en un ou plusieurs. Chacun devient un canal du tunnel ; rien ne s’exécute sans votre accord.',
  search: 'Rechercher des serveurs',
  searchPlaceholder: 'Nom, commande, adresse ou application',
  noMatch: 'Aucun serveur ne correspond à « {0} ».',
  total: '{0, plural, one {# serveur} other {# serveurs}}',
  chosen: '{0, plural, one {# choisi} other {# choisis}} : {1}',
  disabled: 'désactivé dans {0}',
  unusable: 'inutilisable',
  taken: 'déjà choisi',
  dropped: '{0, plural, one {# élément non repris} other {# éléments non repris}}',
  secrets: '{0, plural, one {# secret} other {# secrets}}',
  unreadable: 'Les paramètres d’une application sont illisibles.',
  notCarried: 'Non repris',
  notCarriedMore: '{0, plural, one {Un point demande} other {{0, number} points demandent}} votre intervention.',
  ofServer: '{0}, de {1}',
  dialog: {
    title: 'Serveurs d’autres applications',
    profile: 'Configurer comme tunnel',
    channels: '{0, plural, =0 {Ajouter comme canal} =1 {Ajouter comme canal} other {Ajouter comme {0, number} canaux}}',
    added: 'Ajouté : {0}',
    addedMore:
      'Ils sont dans le formulaire ; enregistrez pour les garder. Chaque commande demande votre accord avant sa première exécution.',
    addedDropped: 'Non repris : {0}',
  },
};
