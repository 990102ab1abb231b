"""What benches and rigs share: the real binary on a folder of its own, clients that log what was
acknowledged outside of it, and a receiver that logs what came."""
import http.client, json, os, pathlib, signal, socket, socketserver, subprocess, threading, time, uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("POSTHORN_BIN", ROOT / "build" / "release" / "posthorn"))
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Started on a data folder, ended by its own pid. The operator's key is read from the folder."""

    def __init__(self, folder, *options, binary=None, port=None):
        self.folder, self.options, self.binary = pathlib.Path(folder), options, binary or BINARY
        self.port = port or free_port()
        self.process = None

    def start(self, timeout=60):
        """Returns the seconds until /readyz said yes."""
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", self.folder,
             "--allow-private", "127.0.0.0/8", "--log-level", "error", *self.options])
        while not self.is_ready():
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended with {self.process.returncode} at its start")
            if time.monotonic() - begun > timeout:
                raise SystemExit("the server did not become ready")
            time.sleep(0.005)
        self.key = (self.folder / "operator.key").read_text().strip()
        return time.monotonic() - begun

    def is_ready(self):
        try:
            return self.call("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            send = {"Authorization": f"Bearer {getattr(self, 'key', '')}", **(headers or {})}
            if body is not None:
                send["Content-Type"] = "application/json"
                body = json.dumps(body)
            connection.request(method, path, body, send)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def make(self, path, body):
        status, answer = self.call("POST", path, body)
        if status not in (201, 202):
            raise SystemExit(f"POST {path}: {status} {answer.decode()}")
        return json.loads(answer)

    def make_webhook(self, url, profile="standard"):
        """Returns the app's path."""
        app = self.make("/v1/apps", {"name": "rig", "profile": profile})["id"]
        self.make(f"/v1/apps/{app}/webhooks", {"url": url})
        return f"/v1/apps/{app}"

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)

    def cpu_us(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000 // TICK

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Poster(threading.Thread):
    """Posts events one after the other on one connection until told to stop. What was answered with a
    whole 202 is written to the log with one write(), after the answer was read; what got no answer is
    neither acknowledged nor lost."""

    def __init__(self, server, path, log):
        super().__init__(daemon=True)
        self.server, self.path, self.log = server, path, log
        self.is_stopped = False
        self.attempted = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        while not self.is_stopped:
            name = uuid.uuid4().hex
            self.attempted.append(name)
            try:
                connection.request("POST", self.path + "/events",
                                   json.dumps({"type": "rig.event", "payload": {"name": name}}),
                                   {"Authorization": f"Bearer {self.server.key}",
                                    "Content-Type": "application/json", "Idempotency-Key": name})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 202:
                os.write(self.log, f"{json.loads(body)['id']} {name}\n".encode())


class Receiver(socketserver.ThreadingTCPServer):
    """Answers 200 to every POST and remembers the payload's name, in order of arrival."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ReceiverConnection)
        self.names = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A server that is killed resets its connections: nothing to tell."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class ReceiverConnection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        while True:
            line = self.rfile.readline()
            if not line:
                return
            length = 0
            while (header := self.rfile.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            body = self.rfile.read(length)
            if len(body) < length:
                return
            self.server.names.append(json.loads(body)["data"]["name"])
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def read_log(path):
    """The whole lines of an acknowledgement log, as (event id, name)."""
    text = pathlib.Path(path).read_text()
    return [tuple(line.split()) for line in text[:text.rfind("\n") + 1].splitlines()]


def missing_events(server, app, acked):
    """Which acknowledged events the server does not know any more."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    lost = []
    for event, _ in acked:
        connection.request("GET", f"{app}/events/{event}", headers={"Authorization": f"Bearer {server.key}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            lost.append(event)
    connection.close()
    return lost
