// What a receiver may do instead of answering well. A step is
//   a number                            that status, with an empty body
//   { status, headers, body, afterMs }  that answer, perhaps late
//   a name                              a row of the table below, played on the bare socket

const HEAD_200 = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';

// Writes piece after piece until the peer has gone.
function drip(socket, piece, everyMs) {
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.once('close', () => clearInterval(timer));
}

function flood(socket, piece) {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

const behaviours = {
  hang: () => {},
  reset: (socket) => socket.resetAndDestroy(),
  'close-early': (socket) => socket.destroy(),
  'close-in-status': (socket) => socket.end('HTTP/1.1 2'),
  'close-in-head': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Type: te'),
  garbage: (socket) => socket.end('\u0001\u0002 this is not HTTP\r\n\r\n'),
  'not-http-1': (socket) => socket.end('ICY 200 OK\r\n\r\n'),
  'drip-body': (socket) => {
    socket.write(`${HEAD_200}Content-Length: 1000000\r\n\r\n`);
    drip(socket, '.', 50);
  },
  'drip-head': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    drip(socket, 'X-Slow: yes\r\n', 200);
  },
  'endless-body': (socket) => {
    socket.write(`${HEAD_200}Transfer-Encoding: chunked\r\n\r\n`);
    flood(socket, `1000\r\n${'x'.repeat(4096)}\r\n`);
  },
  'endless-head': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    flood(socket, `X-Endless: ${'y'.repeat(1000)}\r\n`);
  },
  'endless-interim': (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  'switch-protocols': (socket) =>
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ),
  'two-lengths': (socket) =>
    socket.end('HTTP/1.1 500 No\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nno'),
  'extra-bytes': (socket) =>
    socket.write(`${HEAD_200}Content-Length: 2\r\n\r\nokHTTP/1.1 500 Smuggled\r\n\r\n`),
  'interim-then-200': (socket) =>
    socket.write(`HTTP/1.1 100 Continue\r\n\r\n${HEAD_200}Content-Length: 2\r\n\r\nok`),
  'until-close': (socket) => socket.end(`${HEAD_200}Connection: close\r\n\r\nok`),
};

export const stepNames = Object.keys(behaviours);

function answer({ status, headers = {}, body = '' }, response) {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.writeHead(status, headers);
  response.end(body);
}

export function play(step, request, response) {
  if (typeof step === 'number') return answer({ status: step }, response);
  if (typeof step === 'object') {
    return void setTimeout(() => answer(step, response), step.afterMs ?? 0);
  }
  if (!behaviours[step]) throw new Error(`no step is called ${step}`);
  response.detachSocket(request.socket);
  behaviours[step](request.socket);
}
