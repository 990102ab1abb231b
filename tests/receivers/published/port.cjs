// Loaded before a published example: it listens where the test wants, whatever it says.
const http = require('node:http');
const { listen } = http.Server.prototype;
http.Server.prototype.listen = function () {
  return listen.call(this, Number(process.env.PORT), '127.0.0.1', () => process.send('ready'));
};
