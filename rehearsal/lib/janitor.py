"""Ends a rehearsal that was left behind: its folder is gone, or it has been up for twelve hours."""

import os
import sys
import time

sys.dont_write_bytecode = True

import bloom
from world import MARK, World, remove

LIMIT_HOURS = 12

if __name__ == "__main__":
    folder, base = sys.argv[1:3]
    until = time.monotonic() + LIMIT_HOURS * 3600
    while os.path.exists(os.path.join(folder, MARK)) and time.monotonic() < until:
        time.sleep(2)
    if os.path.exists(os.path.join(folder, MARK)):
        bloom.take_down(World(folder))
    else:
        bloom.stop_servers(base)
        remove(base)
