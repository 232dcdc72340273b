# SPDX-License-Identifier: GPL-2.0-only
"""The Python package against the module, in a guest."""

import asyncio
import contextlib
import ctypes
import io
import os
import re
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import wsync
from wsync import _library


class HandleTest(unittest.TestCase):
    def test_versions(self):
        self.assertRegex(wsync.library_version(), r"^\d+\.\d+\.\d+$")
        self.assertEqual(wsync.info().abi_version, 1)

    def test_lives_and_closes(self):
        event = wsync.Event(signaled=True)
        self.assertGreater(event.fileno(), 2)
        self.assertFalse(os.get_inheritable(event.fileno()))
        other = event.duplicate()
        self.assertNotEqual(other.fileno(), event.fileno())
        self.assertTrue(other.same(event))
        event.close()
        event.close()
        self.assertTrue(event.closed)
        self.assertEqual(other.stat().handles, 1)
        self.assertTrue(other.wait(0))
        with self.assertRaises(OSError):
            event.set()

    def test_objects_that_go_are_closed(self):
        fd = wsync.Event().fileno()
        with self.assertRaises(OSError):
            os.fstat(fd)

    def test_names(self):
        semaphore = wsync.Semaphore(1, 5, "python")
        self.assertFalse(semaphore.existed)
        again = wsync.Semaphore(3, 4, "python")
        self.assertTrue(again.existed)
        self.assertEqual((again.query().count, again.query().max), (1, 5))
        self.assertTrue(wsync.Semaphore.open(r"Local\python").same(semaphore))
        self.assertIsInstance(wsync.open("python"), wsync.Semaphore)
        with self.assertRaises(FileExistsError):
            wsync.Semaphore(name="python", exclusive=True)
        with self.assertRaises(FileNotFoundError) as caught:
            wsync.Event.open("nowhere")
        self.assertEqual(caught.exception.filename, "nowhere")
        with self.assertRaises(OSError):
            wsync.Mutex("python")
        with self.assertRaises(ValueError):
            wsync.Mutex("a\0b")

    def test_namespaces(self):
        with self.assertRaises(FileNotFoundError):
            wsync.Namespace("team", create=False)
        team = wsync.Namespace("team")
        event = wsync.Event("\udcff\u20ac", namespace=team)
        self.assertTrue(wsync.Event.open("\udcff\u20ac", namespace=team).same(event))
        (entry,) = team.list()
        self.assertEqual((entry["name"], entry["type"], entry["handles"]),
                         ("\udcff\u20ac", _library.TYPE_EVENT, 1))
        self.assertIn("team", [entry["name"] for entry in wsync.list_namespaces()])

    def test_rights(self):
        event = wsync.Event().duplicate(access=0x04)
        with self.assertRaises(PermissionError):
            event.set()

    def test_children_and_sockets(self):
        event = wsync.Event()
        subprocess.run([sys.executable, "-c",
                        f"import wsync; wsync.Event.adopt({event.fileno()}).set()"],
                       pass_fds=[event.fileno()], check=True)
        self.assertTrue(event.wait(0))
        ours, theirs = socket.socketpair()
        with ours, theirs:
            wsync.send(ours, event, wsync.Mutex())
            received, mutex = wsync.receive(theirs, wsync.Event, wsync.Mutex)
            self.assertTrue(received.same(event))
            self.assertIsInstance(mutex, wsync.Mutex)
            wsync.send(ours, event)
            with self.assertRaises(OSError):
                wsync.receive(theirs, wsync.Timer)

    def test_adopts_its_own_type_only(self):
        event = wsync.Event()
        with open(os.devnull, encoding="utf-8") as foreign:
            for fd in (event.fileno(), foreign.fileno()):
                with self.assertRaises(OSError):
                    wsync.Mutex.adopt(fd)
                os.fstat(fd)


class ObjectTest(unittest.TestCase):
    def test_event(self):
        event = wsync.Event(manual_reset=True)
        self.assertFalse(event.is_set())
        self.assertFalse(event.set())
        self.assertTrue(event.set())
        self.assertTrue(event.wait() and event.is_set())
        self.assertTrue(event.clear())
        self.assertFalse(event.pulse())
        begin = time.monotonic()
        self.assertFalse(event.wait(0.05))
        self.assertGreaterEqual(time.monotonic(), begin + 0.05)

    def test_mutex(self):
        mutex = wsync.Mutex()
        with mutex as entered:
            self.assertIs(entered, mutex)
            self.assertTrue(mutex.query().owned_by_caller)
            got = []
            thread = threading.Thread(target=lambda: got.extend(
                [mutex.acquire(blocking=False), mutex.acquire(timeout=0.02)]))
            thread.start()
            thread.join()
            self.assertEqual(got, [False, False])
        self.assertEqual(mutex.query().depth, 0)
        with self.assertRaises(PermissionError):
            mutex.release()
        with self.assertRaises(ValueError):
            mutex.acquire(False, 1)
        with self.assertRaises(ValueError):
            mutex.acquire(timeout=-2)

    def test_abandoned(self):
        mutex = wsync.Mutex()
        for acquire in (mutex.acquire, lambda: wsync.wait_any([wsync.Event(), mutex])):
            child = os.fork()
            if child == 0:
                mutex.acquire()
                os._exit(0)
            os.waitpid(child, 0)
            acquire()
            self.assertTrue(mutex.abandoned)
            mutex.release()
            with mutex:
                self.assertTrue(mutex.abandoned)
                mutex.abandoned = False
            with mutex:
                self.assertFalse(mutex.abandoned)

    def test_semaphore(self):
        semaphore = wsync.Semaphore(1, 2)
        with semaphore:
            self.assertFalse(semaphore.acquire(blocking=False))
        self.assertEqual(semaphore.release(), 1)
        with self.assertRaises(OSError):
            semaphore.release()
        for count in (0, -1, 2**32 + 1):
            with self.assertRaises(ValueError):
                semaphore.release(count)
        with self.assertRaises(ValueError):
            wsync.Semaphore(2, 1)

    def test_timer(self):
        timer = wsync.Timer()
        begin = time.monotonic()
        timer.set(0.03, period=0.01)
        for _ in range(3):
            self.assertTrue(timer.wait(60))
        self.assertGreaterEqual(time.monotonic(), begin + 0.05)
        timer.cancel()
        self.assertFalse(timer.query().set)
        timer.set_at(time.time() + 0.03)
        self.assertTrue(timer.wait(60))
        timer.set_at(0)
        self.assertTrue(timer.wait(60))

    def test_several(self):
        event, semaphore = wsync.Event(), wsync.Semaphore(1)
        self.assertFalse(wsync.wait_all([event, semaphore], 0.01))
        self.assertEqual(wsync.wait_any([event, semaphore]), 1)
        self.assertIsNone(wsync.wait_any([event, semaphore], 0))
        event.set()
        semaphore.release()
        self.assertTrue(wsync.wait_all([event, semaphore]))
        self.assertTrue(wsync.signal_and_wait(event, event))
        self.assertFalse(wsync.signal_and_wait(semaphore, event, 0.01))
        self.assertEqual(wsync.wait_any({semaphore}), 0)
        event.set()
        self.assertTrue(wsync.wait_all(iter([event])))
        with self.assertRaises(OSError):
            wsync.wait_any([])

    def test_signal_handlers_run(self):
        class Stop(Exception):
            pass

        def stop(*_):
            raise Stop

        previous = signal.signal(signal.SIGALRM, stop)
        self.addCleanup(signal.signal, signal.SIGALRM, previous)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with self.assertRaises(Stop):
            wsync.Event().wait()
        # A handler that returns does not end the wait, nor gives a signal twice.
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        semaphore = wsync.Semaphore(0)
        begin = time.monotonic()
        self.assertFalse(wsync.signal_and_wait(semaphore, wsync.Event(), 0.1))
        self.assertGreaterEqual(time.monotonic(), begin + 0.1)
        self.assertEqual(semaphore.query().count, 1)

    def test_threads_run_meanwhile(self):
        event = wsync.Event()
        threading.Timer(0.05, event.set).start()
        self.assertTrue(event.wait(60))


class LoopTest(unittest.TestCase):
    def test_select(self):
        event = wsync.Event()
        self.assertEqual(select.select([event], [], [], 0)[0], [])
        event.set()
        self.assertEqual(select.select([event], [], [], 0)[0], [event])
        self.assertTrue(event.wait(0))

    def test_asyncio(self):
        event, order = wsync.Event(), []

        async def take(name):
            self.assertTrue(await wsync.acquire(event))
            order.append(name)

        async def main():
            tasks = [asyncio.create_task(take(name)) for name in "ab"]
            await asyncio.sleep(0.02)
            self.assertEqual(order, [])
            event.set()
            while len(order) < 1:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.02)
            self.assertEqual(len(order), 1)
            event.set()
            await asyncio.gather(*tasks)
            self.assertFalse(await wsync.acquire(event, 0.02))
            event.set()
            self.assertTrue(await wsync.acquire(event, 60))

        asyncio.run(main())
        self.assertEqual(sorted(order), ["a", "b"])


class ExampleTest(unittest.TestCase):
    def test_tasks(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            runpy.run_path(os.environ.get("WSYNC_EXAMPLE", "tasks.py"))
        self.assertEqual(output.getvalue().splitlines(), [
            "the last owner died; what the lock protects may be half done",
            "6 jobs, never more than 2 at a time"])


class LayoutTest(unittest.TestCase):
    """The structures have the members of the header, in order, of the same types."""

    KINDS = {"size_t": "sz", "uint16_t": 2, "uint32_t": 4, "int32_t": 4, "uint64_t": 8,
             "int64_t": 8, "bool": 1}

    def test_structures(self):
        with open(os.environ["WSYNC_HEADER"], encoding="utf-8") as file:
            header = file.read()
        names = {"wsync_opts": "Opts", "wsync_namespace_opts": "NamespaceOpts",
                 "wsync_wait_opts": "WaitOpts", "wsync_wait_result": "WaitResult",
                 "wsync_timer_opts": "TimerOpts", "wsync_info": "Info", "wsync_stat": "Stat",
                 "wsync_list_entry": "ListEntry", "wsync_event_state": "EventState",
                 "wsync_mutex_state": "MutexState",
                 "wsync_semaphore_state": "SemaphoreState", "wsync_timer_state": "TimerState"}
        for name, ours in names.items():
            body = re.search(r"^struct %s \{\n(.*?)^\};" % name, header, re.M | re.S).group(1)
            wanted = re.findall(r"^\t(?:const )?(\w+) \*?(\w+);", body, re.M)
            fields = getattr(_library, ours)._fields_
            self.assertEqual([member for _, member in wanted], [field[0] for field in fields])
            for (kind, member), field in zip(wanted, fields):
                size = self.KINDS.get(kind, ctypes.sizeof(ctypes.c_void_p))
                if size == "sz":
                    size = ctypes.sizeof(ctypes.c_size_t)
                self.assertEqual(ctypes.sizeof(field[1]), size, f"{name}.{member}")

    def test_functions(self):
        with open(os.environ["WSYNC_HEADER"], encoding="utf-8") as file:
            header = file.read()
        for name, arguments in _library._ARGUMENTS.items():
            parameters = re.search(r"^int %s\((.*?)\)" % name, header, re.M | re.S).group(1)
            self.assertEqual(len(parameters.split(",")), len(arguments), name)


if __name__ == "__main__":
    unittest.main()
