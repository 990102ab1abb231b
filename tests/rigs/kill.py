#!/usr/bin/env python3
"""kill.py [TRIALS]: SIGKILL under load, again and again on the same data, and nothing that was
acknowledged is ever missing; what was delivered before is not all sent again."""
import collections, os, pathlib, random, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from harness import Poster, Receiver, Server, missing_events, read_log

TRIALS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
POSTERS = 8
# What one kill may leave unsettled: the attempts in flight, and outcomes on their way to a commit.
TWICE_PER_KILL = 256


def trial(server, app, log, dice):
    posters = [Poster(server, app, log) for _ in range(POSTERS)]
    for poster in posters:
        poster.start()
    time.sleep(dice.uniform(0.02, 0.25))
    server.kill()
    for poster in posters:
        poster.is_stopped = True
        poster.join()
    return {name for poster in posters for name in poster.attempted}


def main():
    seed = int(os.environ.get("SEED", time.time_ns() % 1_000_000))
    dice = random.Random(seed)
    print(f"seed {seed}, {TRIALS} kills")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        log_path = pathlib.Path(other) / "acked"
        log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        receiver = Receiver()
        server = Server(pathlib.Path(folder) / "data", "--workers", str(dice.choice([1, 2])))
        server.start()
        app = server.make_webhook(receiver.url)
        attempted, seen, lost = set(), 0, []
        for _ in range(TRIALS):
            attempted |= trial(server, app, log, dice)
            server.start()
            acked = read_log(log_path)
            lost += missing_events(server, app, acked[seen:])
            seen = len(acked)
        lost += missing_events(server, app, acked)
        names = {name for _, name in acked}
        end = time.monotonic() + 60
        while not names <= set(receiver.names) and time.monotonic() < end:
            time.sleep(0.1)
        code = server.stop()
        counts = collections.Counter(receiver.names)
        twice = sum(1 for count in counts.values() if count > 1)
        undelivered = names - set(counts)
        unexpected = set(counts) - attempted
        print(f"acknowledged {len(names)}, lost {len(lost)}, not delivered {len(undelivered)}, "
              f"delivered {len(counts)}, of these more than once {twice}, never posted {len(unexpected)}, "
              f"last exit {code}")
        is_good = (not lost and not undelivered and not unexpected and code == 0 and len(names) > TRIALS
                   and twice <= TRIALS * TWICE_PER_KILL and twice < len(counts) / 2)
        sys.exit(0 if is_good else 1)


main()
