// `npm start`: placeholder until the command line lands.
console.log('Culvert is not built yet.');
