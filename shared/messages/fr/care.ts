import type * as english from '../en/care.ts';
import type { Translated } from '../message.ts';

export const doctorStrings: Translated<typeof english.doctorStrings> = {
  say: {
    never: 'Le diagnostic teste en conditions réelles : il se connecte, s’authentifie et démarre les serveurs.',
    running: 'Vérification en cours, {0, number} sur {1, number}.',
    done: '{0, select, all {{3, plural, one {# vérification réussie} other {# vérifications réussies}}} both {{1, plural, one {# anomalie} other {# anomalies}}, {2, plural, one {# avertissement} other {# avertissements}} sur {3, plural, one {# vérification} other {# vérifications}}} bad {{1, plural, one {# anomalie} other {# anomalies}} sur {3, plural, one {# vérification} other {# vérifications}}} other {{2, plural, one {# avertissement} other {# avertissements}} sur {3, plural, one {# vérification} other {# vérifications}}}}{4, plural, =0 {} one {, # ignorée} other {, # ignorées}}.',
    cancelled: 'Arrêté avant la fin.',
  },
  scope: 'Que vérifier',
  everything: 'Tout',
  run: 'Lancer le diagnostic',
  runAgain: 'Relancer',
  stop: 'Arrêter',
  copy: 'Copier le rapport',
  checks: 'Vérifications',
  machine: 'Cette machine',
  sum: {
    running: 'Vérification en cours, {0, number} sur {1, number}',
    bad: 'À voir d’abord : {0}{1, plural, =0 {} =1 {} other {. {1, plural, one {# anomalie} other {# anomalies}} en tout}}',
    doubtful: 'À voir : {0}{1, plural, =0 {} one { et {1, number} autre} other { et {1, number} autres}}',
    well: '{0, plural, one {# vérifié} other {# vérifiés}}{1, plural, =0 {} one {, # ignoré} other {, # ignorés}}',
  },
  why: 'Pourquoi c’est important',
  states: {
    pending: 'en attente',
    running: 'en cours',
    pass: 'vérifié',
    warn: 'avertissement',
    fail: 'échec',
    skip: 'ignoré',
  },
  empty: {
    title: 'Pas encore lancé',
    say: 'Le diagnostic résout les noms, ouvre les connexions, vérifie les certificats, utilise la clé et démarre les serveurs comme le ferait un appel, puis rapporte ce qu’il a constaté.',
  },
  fix: 'Corriger',
  fixTitle: 'Ce qui va changer',
  fixFile: 'L’ancien texte reste à côté du fichier, en .bak :',
  fixBefore: 'Maintenant',
  fixAfter: 'Ensuite',
  apply: 'Modifier',
  applied: 'Modifié. Les vérifications dépendantes seront relancées.',
};

export const logStrings: Translated<typeof english.logStrings> = {
  say: '{0, plural, one {# ligne} other {# lignes}}',
  level: 'Ce qui est journalisé',
  levelSay: 'Niveau',
  levels: { trace: 'Tout', debug: 'Débogage', info: 'Info', warn: 'Avertissements', error: 'Erreurs' },
  filter: 'Filtrer les lignes',
  filterPlaceholder: 'Mots qu’une ligne doit contenir',
  follow: 'Suivre',
  copy: 'Copier',
  dropped: '{0, plural, one {# ligne n’a pas pu être affichée} other {# lignes n’ont pas pu être affichées}}.',
  list: 'Lignes du journal, de la plus ancienne à la plus récente',
  empty: {
    title: 'Rien pour l’instant',
    say: 'Ce que fait Culvert s’écrit ici au fur et à mesure. Les clés et les en-têtes n’y figurent jamais.',
  },
  none: { title: 'Aucune ligne ne correspond', say: 'Utilisez moins de mots, ou un niveau plus bas.' },
  clear: 'Effacer le filtre',
};

export const settingsStrings: Translated<typeof english.settingsStrings> = {
  look: 'Apparence',
  theme: 'Thème',
  language: 'Langue',
  start: 'Démarrage',
  startAtLogin: 'Démarrer Culvert à l’ouverture de session',
  startAtLoginSay:
    'Il démarre masqué, dans la zone de notification, et lance les tunnels réglés pour démarrer avec lui.',
  startHidden: 'Démarrer sans fenêtre',
  startHiddenSay: 'L’icône de la zone de notification l’ouvre.',
  tray: {
    shown: 'Fermer la fenêtre laisse les tunnels en marche. Culvert reste dans la zone de notification.',
    'no-host':
      'Ce bureau n’a pas de zone de notification. Fermer la fenêtre la réduit ; les tunnels restent en marche.',
    none: '',
  },
  notifications: 'Notifications',
  kinds: {
    lost: 'Un tunnel a perdu sa connexion depuis un moment',
    keyRefused: 'Une clé ou un tunnel est refusé',
    crashLoop: 'Un serveur s’arrête sans cesse',
    recovered: 'Un tunnel fonctionne de nouveau',
    certificate: 'Un certificat expire bientôt',
  },
  traces: 'Traces',
  budget: 'Mémoire pour les corps, en Mio',
  budgetSay:
    'Les appels et leurs corps restent uniquement en mémoire. Quand elle est pleine, les corps les plus anciens sont supprimés ; leurs lignes restent.',
  secrets: 'Secrets',
  keychain: {
    keychain: 'Conservés dans le trousseau de ce système.',
    'safe-storage': 'Conservés dans un fichier chiffré par ce système. Culvert sans interface ne peut pas les lire.',
    none: 'Il n’y a pas de trousseau ici. Les profils peuvent désigner des secrets par env:NAME ou file:/path.',
  },
  browser: 'Dans un navigateur',
  browserSay:
    'Les mêmes pages, sur cette machine uniquement. L’adresse ne sert qu’une fois ; le navigateur a ensuite une session.',
  browserOpen: 'Copier une adresse',
  browserRevoke: 'Fermer toutes les sessions de navigateur',
  browserRevoked: 'Toutes les sessions de navigateur sont fermées',
  help: 'Aide',
  bundle: 'Enregistrer un dossier d’assistance',
  bundleSay: 'Versions, paramètres, états et journaux dans un seul fichier, sans clés, en-têtes ni corps.',
  diagnostics: 'Copier les données de diagnostic',
  about: 'À propos de Culvert',
  aboutSay: 'Version {0}',
  versions: {
    app: 'Culvert',
    wireProtocol: 'Protocole réseau',
    node: 'Node.js',
    electron: 'Electron',
    chrome: 'Chromium',
  },
  aboutIs: 'Le client de bureau pour Secure MCP Tunnel. Apache-2.0.',
  licences: 'Licences des composants',
  licencesFilter: 'Filtrer les licences',
  links: { guide: 'Guide de Secure MCP Tunnel', status: 'État du plan de contrôle' },
};
