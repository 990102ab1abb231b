#!/usr/bin/env python3
"""power.py [TRIALS] [CONTROL_TRIALS]: the machine loses power. The data lies on an ext4 of our own that
is shut down under the server without writing what it had only in memory; what was acknowledged must
be there afterwards. Control, in the same run: the same with a server built to skip the fsync of a
commit (synchronous=NORMAL), which must lose. Needs root and loop devices; else exit 77: skipped."""
import fcntl, os, pathlib, random, shutil, signal, struct, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from harness import BINARY, Poster, Server, free_port, missing_events, read_log

TRIALS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
CONTROLS = int(sys.argv[2]) if len(sys.argv) > 2 else 6
UNSAFE = BINARY.parent / "tests" / "posthorn_unsafe"
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN and its flag
SKIPPED = 77


def sh(*command, check=True):
    return subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def unmount(mount):
    for _ in range(100):
        if sh("umount", mount, check=False).returncode == 0:
            return
        time.sleep(0.02)
    raise SystemExit("the file system of the rig cannot be unmounted")


def lose_power(server, mount):
    """Stop the server first: a commit that returns while the ioctl runs would look like a loss."""
    server.signal(signal.SIGSTOP)
    folder = os.open(mount, os.O_RDONLY)
    fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    os.close(folder)
    server.kill()


def trial(place, dice, binary):
    """Returns (acknowledged, missing)."""
    image, mount = place / "image", place / "mount"
    image.unlink(missing_ok=True)
    mount.mkdir(exist_ok=True)
    sh("truncate", "-s", "64M", image)
    sh("mkfs.ext4", "-q", "-F", image)
    sh("mount", "-o", "loop", image, mount)
    server = None
    try:
        log_path = place / "acked"
        log_path.unlink(missing_ok=True)
        log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        server = Server(mount / "data", binary=binary)
        server.start()
        app = server.make_webhook(f"http://127.0.0.1:{free_port()}/hook")  # refused
        sh("sync", "-f", mount)
        posters = [Poster(server, app, log) for _ in range(8)]
        for poster in posters:
            poster.start()
        time.sleep(dice.uniform(0.05, 0.3))
        lose_power(server, mount)
        for poster in posters:
            poster.is_stopped = True
            poster.join()
        os.close(log)
        unmount(mount)
        sh("mount", "-o", "loop", image, mount)
        acked = read_log(log_path)
        server = Server(mount / "data")
        server.start()
        lost = missing_events(server, app, acked)
        server.stop()
        check = subprocess.run(["sqlite3", mount / "data" / "posthorn.db", "pragma integrity_check"],
                               capture_output=True, text=True)
        if check.stdout.strip() != "ok":
            raise SystemExit(f"the database is damaged: {check.stdout[:300]}")
        return len(acked), len(lost)
    finally:
        if server and server.process.poll() is None:
            server.kill()
        unmount(mount)


def main():
    if os.geteuid() != 0:
        print("skipped: losing power needs root, for a file system of its own")
        sys.exit(SKIPPED)
    seed = int(os.environ.get("SEED", time.time_ns() % 1_000_000))
    dice = random.Random(seed)
    place = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        probe = place / "probe"
        probe.mkdir()
        sh("truncate", "-s", "16M", place / "image")
        sh("mkfs.ext4", "-q", "-F", place / "image")
        if sh("mount", "-o", "loop", place / "image", probe, check=False).returncode != 0:
            print("skipped: no loop device can be mounted here")
            sys.exit(SKIPPED)
        unmount(probe)
        print(f"seed {seed}", flush=True)
        results = [trial(place, dice, BINARY) for _ in range(TRIALS)]
        acked, lost = sum(a for a, _ in results), sum(b for _, b in results)
        print(f"{TRIALS} power losses: acknowledged {acked}, lost {lost}", flush=True)
        controls = [trial(place, dice, UNSAFE) for _ in range(CONTROLS)]
        losing = sum(1 for _, missing in controls if missing)
        print(f"control, without the fsync of a commit: {losing} of {CONTROLS} trials lost "
              f"{sum(b for _, b in controls)} of {sum(a for a, _ in controls)}")
        sys.exit(0 if lost == 0 and acked > TRIALS and losing * 10 >= CONTROLS * 3 else 1)
    finally:
        shutil.rmtree(place, ignore_errors=True)


main()
