#!/usr/bin/env python3
"""bench.py [--waiting N] [--webhooks N] [--count N]: the figures of docs/performance.md, in one run.

Generator, receiver and server share this machine; in the same run the generator posts straight into
the receiver, so that what is compared between machines is the ratio."""
import argparse, json, pathlib, subprocess, sys, tempfile, time, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from harness import ROOT, Server, free_port

BUILD = ROOT / "build" / "release"


def make_webhooks(server, count, url):
    """One merchant each, as on a payment platform. Returns the paths events are posted to."""
    return [server.make_webhook(url) + "/events" for _ in range(count)]


def receiver_stats(port):
    return json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/stats", timeout=10))


def generate(port, paths, key, rate, count, connections, folder):
    targets = folder / "targets"
    targets.write_text("\n".join(paths) + "\n")
    run = subprocess.run([BUILD / "tests" / "generator", str(port), targets, key, str(rate), str(count), str(connections)],
                         capture_output=True, text=True, timeout=900)
    if run.returncode:
        raise SystemExit(f"generator: {run.stderr}")
    return json.loads(run.stdout)


def wait_received(port, count):
    last, seen_at = -1, time.monotonic()
    while True:
        stats = receiver_stats(port)
        if stats["received"] >= count:
            return stats
        if stats["received"] != last:
            last, seen_at = stats["received"], time.monotonic()
        elif time.monotonic() - seen_at > 20:
            raise SystemExit(f"only {last} of {count} were received")
        time.sleep(0.02)


def deliver(server, receiver, paths, rate, count, connections, folder):
    urllib.request.urlopen(f"http://127.0.0.1:{receiver}/reset", timeout=10).read()
    cpu = server.cpu_us()
    begun = time.monotonic()
    accepted = generate(server.port, paths, server.key, rate, count, connections, folder)
    stats = wait_received(receiver, count)
    seconds = time.monotonic() - begun
    time.sleep(0.3)
    return {"per_second": count / seconds, "cpu_us": (server.cpu_us() - cpu) / count,
            "p50_ms": stats["p50_ms"], "p99_ms": stats["p99_ms"], "connections": stats["connections"],
            "accept_p99_ms": accepted["p99_ms"]}


def best_of(times, measure):
    return max((measure() for _ in range(times)), key=lambda figures: figures["per_second"])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--waiting", type=int, default=1_000_000)
    options.add_argument("--webhooks", type=int, default=10_000)
    options.add_argument("--count", type=int, default=200_000)
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--serve", default="", help="more options for the server")
    wish = options.parse_args()
    rows = []

    def row(what, figure, ratio=""):
        rows.append((what, figure, ratio))
        print(f"{what:58} {figure:>22} {ratio}", flush=True)

    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = pathlib.Path(name)
        receiver = subprocess.Popen([BUILD / "tests" / "receiver", "9701"])
        server = Server(folder / "data", *wish.serve.split())
        try:
            time.sleep(0.2)
            direct = best_of(wish.runs, lambda: generate(9701, ["/"], "-", 0, wish.count, wish.connections, folder))
            row("generator straight into the receiver", f"{direct['per_second']:,.0f}/s", "1")
            server.start()
            row("memory, idle", f"{server.memory_mib():.0f} MiB")
            for webhooks in (1, wish.webhooks):
                paths = make_webhooks(server, webhooks, "http://127.0.0.1:9701/hook")
                figures = best_of(wish.runs, lambda: deliver(server, 9701, paths, 0, wish.count, wish.connections, folder))
                row(f"delivered, {webhooks:,} webhook{'s' * (webhooks > 1)}", f"{figures['per_second']:,.0f}/s",
                    f"{figures['per_second'] / direct['per_second']:.3f}")
                row("  CPU per webhook", f"{figures['cpu_us']:.0f} µs")
                paced = deliver(server, 9701, paths, 5000, 50_000, wish.connections, folder)
                row("  accept → received at 5,000/s, p50 and p99", f"{paced['p50_ms']:.2f} and {paced['p99_ms']:.2f} ms")
                row("  memory after it", f"{server.memory_mib():.0f} MiB")
            if wish.waiting:
                dead = make_webhooks(server, 64, f"http://127.0.0.1:{free_port()}/hook")
                figures = generate(server.port, dead, server.key, 0, wish.waiting, wish.connections, folder)
                row(f"accepted while 64 endpoints refuse, {wish.waiting:,}", f"{figures['per_second']:,.0f}/s")
                row(f"memory with {wish.waiting:,} waiting", f"{server.memory_mib():.0f} MiB")
                server.stop()
                row(f"start with {wish.waiting:,} waiting", f"{server.start():.2f} s")
                time.sleep(2)
                row("memory 2 s after that start", f"{server.memory_mib():.0f} MiB")
            server.stop()
        finally:
            receiver.kill()
            if server.process and server.process.poll() is None:
                server.kill()
    table = "\n".join(f"| {what.strip()} | {figure} | {ratio} |" for what, figure, ratio in rows)
    print(f"\n| | figure | of direct |\n|---|---|---|\n{table}")


main()
