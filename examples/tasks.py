#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A lock that tells of its owner's death, and tasks of asyncio that wait for a semaphore."""

import asyncio
import os

import wsync

# A mutex belongs to a thread: the child's is gone with it.
lock = wsync.Mutex()
child = os.fork()
if child == 0:
    lock.acquire()
    os._exit(0)
os.waitpid(child, 0)
with lock:
    if lock.abandoned:
        print("the last owner died; what the lock protects may be half done")
        lock.abandoned = False

running = most = done = 0


async def job(places):
    """Units have no owner, so that tasks of one thread can share them."""
    global running, most, done

    await wsync.acquire(places)
    running += 1
    most = max(most, running)
    await asyncio.sleep(0.01)
    running -= 1
    done += 1
    places.release()


async def main():
    # Another process that says the same shares these two places.
    places = wsync.Semaphore(2, 2, "tasks.py")
    await asyncio.gather(*(job(places) for _ in range(6)))
    print(f"{done} jobs, never more than {most} at a time")


asyncio.run(main())
