# SPDX-License-Identifier: MIT
"""Windows' synchronization objects on Linux, through libwsync.

An object is a file descriptor: it has a fileno() for select, selectors and asyncio
(readable while it could be acquired), can be passed to children with
``subprocess.Popen(..., pass_fds=[event.fileno()])`` and be adopted there with
``Event.adopt(fd)``.

Names work as in libwsync: ``"x"`` and ``r"Local\\x"`` are the user's own, ``r"Global\\x"``
is shared with other users, None is no name. Times are seconds. Failures are OSError, in its
subclasses where they exist (FileNotFoundError, FileExistsError, PermissionError, ...).

A mutex belongs to the thread that acquired it, so it cannot keep the tasks of one asyncio
loop apart.
"""

import asyncio
import ctypes
import errno
import math
import os
import time
from ctypes import byref, c_bool, c_int, c_uint32

from . import _library
from ._library import call

__all__ = ["Event", "Mutex", "Namespace", "Semaphore", "Timer", "acquire", "adopt", "info",
           "library_version", "list_namespaces", "open", "receive", "send", "signal_and_wait",
           "wait_all", "wait_any"]

_NANOSECONDS = 1_000_000_000
_MOST = 2**63 - 1


def _nanoseconds(seconds):
    """Rounded up: nothing is waited for less than was said."""
    if seconds <= 0:
        return 0
    if seconds >= _MOST // _NANOSECONDS:
        return _MOST
    return math.ceil(seconds * _NANOSECONDS)


def _wait(function, *arguments, timeout=None, after_signal=None):
    """A wait that lets Python's signal handlers run. The result, None if the time is over."""
    result = _library.WaitResult()
    options = _library.WaitOpts(flags=_library.WAIT_EINTR)
    limit = _library.FOREVER
    if timeout is not None and timeout <= 0:
        limit = 0
    elif timeout is not None:
        # Against one deadline, however often a handler runs.
        options.flags |= _library.ABSOLUTE
        limit = min(time.monotonic_ns() + _nanoseconds(timeout), _MOST)
    while True:
        error = getattr(_library.library, function)(*arguments, limit, byref(options),
                                                    byref(result))
        if error == -errno.ETIMEDOUT:
            return None
        if error != -errno.EINTR:
            _library.check(error)
            return result
        if after_signal:
            function, *arguments = after_signal


def _stat(fd):
    return _library.state("wsync_get_stat", _library.Stat, fd)


class Handle:
    """A file descriptor of winsync, closed when the object goes."""

    _fd = -1

    @classmethod
    def adopt(cls, fd):
        """Takes over a file descriptor, received or inherited, of this type."""
        if _stat(fd).type != cls._type:
            _library.check(-errno.EBADFD)
        handle = cls.__new__(cls)
        handle._prepare(fd)
        return handle

    def _prepare(self, fd):
        self._fd = fd

    def fileno(self):
        """The file descriptor, -1 if it is closed."""
        return self._fd

    def close(self):
        """Closes it; once more does nothing."""
        fd = self.detach()
        if fd >= 0:
            call("wsync_close", fd)

    def detach(self):
        """Gives the file descriptor up without closing it."""
        fd, self._fd = self._fd, -1
        return fd

    @property
    def closed(self):
        """Whether it was closed, or detached."""
        return self._fd < 0

    def __del__(self):
        if self._fd >= 0:
            os.close(self.detach())

    def __repr__(self):
        return f"<wsync.{type(self).__name__} fd={self._fd}>"

    def stat(self):
        """What every type has: id, type, access, uid, gid, mode, handles, waiters, counters."""
        return _stat(self._fd)

    def same(self, other):
        """Whether both are handles to one object."""
        result = c_bool()
        call("wsync_same", self._fd, other.fileno(), byref(result))
        return result.value

    def duplicate(self, access=0):
        """Another handle to the object, with other rights if @access is not 0."""
        fd = c_int()
        call("wsync_duplicate", self._fd, access, 0, byref(fd))
        handle = type(self).__new__(type(self))
        handle._prepare(fd.value)
        return handle


class Namespace(Handle):
    """A namespace, for the argument `namespace` of objects."""

    _type = _library.TYPE_NAMESPACE

    def __init__(self, name, *, create=True, exclusive=False, per_user=False, mode=0, access=0):
        fd, existed = c_int(), c_bool()
        flags = ((_library.NS_CREATE if create else 0) | (_library.EXCL if exclusive else 0) |
                 (_library.NS_PER_USER if per_user else 0))
        options = _library.NamespaceOpts(access=access, mode=mode)
        call("wsync_namespace_open", None, _library.encode(name), flags, byref(options),
             byref(fd), byref(existed), name=name)
        self._prepare(fd.value)
        self.existed = existed.value

    def list(self):
        """The objects in it."""
        return _entries("wsync_list", self._fd)

    def destroy(self):
        """Frees the name at once; objects in it live on."""
        call("wsync_namespace_destroy", self._fd)


class Object(Handle):
    """What can be waited for."""

    def _create(self, function, name, flags, exclusive, mode, access, namespace, *numbers):
        fd, existed = c_int(), c_bool()
        options, flags = _options(flags | (_library.EXCL if exclusive else 0), mode, access,
                                  namespace)
        call(function, None, _library.encode(name), *numbers, flags, byref(options), byref(fd),
             byref(existed), name=name)
        self._prepare(fd.value)
        self.existed = existed.value

    @classmethod
    def open(cls, name, *, access=0, namespace=None):
        """Opens an object that exists."""
        return _open(cls._open, cls, name, access, namespace)

    def _note(self, result):
        return result is not None

    def wait(self, timeout=None):
        """Waits and acquires; False if the time is over."""
        return self._note(_wait("wsync_wait", self._fd, timeout=timeout))


class Event(Object):
    """An event. Unless it is manual_reset, it is reset by the one wait that acquires it."""

    _type = _library.TYPE_EVENT
    _open = "wsync_event_open"

    def __init__(self, name=None, *, manual_reset=False, signaled=False, exclusive=False, mode=0,
                 access=0, namespace=None):
        flags = ((_library.MANUAL_RESET if manual_reset else 0) |
                 (_library.SIGNALED if signaled else 0))
        self._create("wsync_event_create", name, flags, exclusive, mode, access, namespace)

    def _change(self, function):
        previous = c_bool()
        call(function, self._fd, byref(previous))
        return previous.value

    def set(self):
        """Sets it: those who wait go on. Whether it was set before."""
        return self._change("wsync_event_set")

    def clear(self):
        """Resets it. Whether it was set before."""
        return self._change("wsync_event_reset")

    def pulse(self):
        """Releases those who wait now, and leaves it reset. Whether it was set before."""
        return self._change("wsync_event_pulse")

    def is_set(self):
        """Whether it is set, without acquiring it."""
        return self.query().signaled

    def query(self):
        """manual_reset, signaled."""
        return _library.state("wsync_event_query", _library.EventState, self._fd)


class Mutex(Object):
    """A recursive lock between threads and processes; a context manager.

    If its last owner ended without releasing it, it is acquired like any other; from then
    on `abandoned` is true, until somebody who has looked after what it protects sets it
    to False:

        with mutex:
            if mutex.abandoned:
                repair()
                mutex.abandoned = False
    """

    _type = _library.TYPE_MUTEX
    _open = "wsync_mutex_open"

    def __init__(self, name=None, *, owned=False, exclusive=False, mode=0, access=0,
                 namespace=None):
        self._create("wsync_mutex_create", name, _library.OWNED if owned else 0, exclusive, mode,
                     access, namespace)

    def _prepare(self, fd):
        super()._prepare(fd)
        self.abandoned = False

    def _note(self, result):
        if result is not None and result.abandoned:
            self.abandoned = True
        return result is not None

    def acquire(self, blocking=True, timeout=-1):
        """As threading.Lock.acquire()."""
        if not blocking:
            if timeout != -1:
                raise ValueError("can't specify a timeout for a non-blocking call")
            return self.wait(0)
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        return self.wait(None if timeout == -1 else timeout)

    def release(self):
        """Once for each acquire(), by the same thread; PermissionError otherwise."""
        call("wsync_mutex_release", self._fd, None)

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *exception):
        self.release()

    def query(self):
        """depth, owner (its thread id), owned_by_caller, abandoned."""
        return _library.state("wsync_mutex_query", _library.MutexState, self._fd)


class Semaphore(Object):
    """A counting semaphore; a context manager that takes a unit and gives it back."""

    _type = _library.TYPE_SEMAPHORE
    _open = "wsync_semaphore_open"

    def __init__(self, count=1, maximum=0x7fffffff, name=None, *, exclusive=False, mode=0,
                 access=0, namespace=None):
        if not 0 <= count <= maximum <= 0x7fffffff:
            raise ValueError("0 <= count <= maximum <= 0x7fffffff")
        self._create("wsync_semaphore_create", name, 0, exclusive, mode, access, namespace,
                     count, maximum)

    acquire = Mutex.acquire

    def release(self, count=1):
        """Adds units; the count before."""
        if not 1 <= count <= 0x7fffffff:
            raise ValueError("at least one unit")
        previous = c_uint32()
        call("wsync_semaphore_release", self._fd, count, byref(previous))
        return previous.value

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *exception):
        self.release()

    def query(self):
        """count, max."""
        return _library.state("wsync_semaphore_query", _library.SemaphoreState, self._fd)


class Timer(Object):
    """A timer. Unless it is manual_reset, each expiry is for one wait."""

    _type = _library.TYPE_TIMER
    _open = "wsync_timer_open"

    def __init__(self, name=None, *, manual_reset=False, exclusive=False, mode=0, access=0,
                 namespace=None):
        self._create("wsync_timer_create", name, _library.MANUAL_RESET if manual_reset else 0,
                     exclusive, mode, access, namespace)

    def _set(self, due, period, flags):
        options = _library.TimerOpts(flags=flags)
        call("wsync_timer_set", self._fd, _nanoseconds(due), _nanoseconds(period),
             byref(options), None)

    def set(self, delay, period=0):
        """Expires in `delay` seconds, and then every `period` seconds unless that is 0."""
        self._set(delay, period, _library.CLOCK_MONOTONIC)

    def set_at(self, timestamp, period=0):
        """Expires at a time of time.time()."""
        self._set(timestamp, period, _library.CLOCK_REALTIME | _library.ABSOLUTE)

    def cancel(self):
        """Stops it; signaled or not, it stays so."""
        call("wsync_timer_cancel", self._fd, None)

    def query(self):
        """Nanoseconds: remaining, period; expirations, expired_at, manual_reset, signaled, set."""
        return _library.state("wsync_timer_query", _library.TimerState, self._fd)


_TYPES = {kind._type: kind for kind in (Event, Mutex, Semaphore, Timer, Namespace)}


def _options(flags, mode, access, namespace):
    options = _library.Opts(access=access, mode=mode)
    if namespace is not None:
        options.ns = namespace.fileno()
        flags |= _library.IN_NAMESPACE
    return options, flags


def _open(function, kind, name, access, namespace):
    fd = c_int()
    options, flags = _options(0, 0, access, namespace)
    call(function, None, _library.encode(name), flags, byref(options), byref(fd), name=name)
    handle = kind.__new__(kind)
    handle._prepare(fd.value)
    return handle


def adopt(fd):
    """Takes over a file descriptor of any type."""
    return _TYPES[_stat(fd).type].adopt(fd)


def open(name, *, access=0, namespace=None):
    """Opens an object of any type."""
    fd = c_int()
    options, flags = _options(0, 0, access, namespace)
    call("wsync_open", None, _library.encode(name), _library.TYPE_ANY, flags, byref(options),
         byref(fd), name=name)
    return adopt(fd.value)


def _array(objects):
    return (c_int * len(objects))(*(handle.fileno() for handle in objects)), len(objects)


def wait_any(objects, timeout=None):
    """Acquires the first that can be. Its index, None if the time is over."""
    # What was acquired has to be found, whatever can be iterated over was given.
    objects = tuple(objects)
    result = _wait("wsync_wait_any", *_array(objects), timeout=timeout)
    if result is None:
        return None
    objects[result.index]._note(result)
    return result.index


def wait_all(objects, timeout=None):
    """Acquires all, in one step; False if the time is over.

    It is not known which mutex was abandoned if one was: all of them count as such.
    """
    objects = tuple(objects)
    result = _wait("wsync_wait_all", *_array(objects), timeout=timeout)
    for handle in objects:
        handle._note(result)
    return result is not None


def signal_and_wait(signal, awaited, timeout=None):
    """Sets the event, releases the mutex or a unit of the semaphore, and waits, in one step."""
    result = _wait("wsync_signal_and_wait", signal.fileno(), awaited.fileno(), timeout=timeout,
                   after_signal=("wsync_wait", awaited.fileno()))
    return awaited._note(result)


async def acquire(handle, timeout=None):
    """Waits for an object in a task of asyncio; False if the time is over."""
    loop = asyncio.get_running_loop()
    deadline = None if timeout is None else loop.time() + timeout

    while not handle.wait(0):
        # Tasks that wait for one object need a number each.
        fd = os.dup(handle.fileno())
        readable = loop.create_future()
        loop.add_reader(fd, lambda: readable.done() or readable.set_result(None))
        try:
            left = None if deadline is None else deadline - loop.time()
            await asyncio.wait_for(readable, left)
        except asyncio.TimeoutError:
            return handle.wait(0)
        finally:
            loop.remove_reader(fd)
            os.close(fd)
    return True


def send(socket, *handles):
    """Sends handles over a connected Unix socket."""
    call("wsync_send", socket.fileno(), *_array(handles))


def receive(socket, *kinds):
    """Receives handles of these types, one message of send(). A list."""
    fds = (c_int * len(kinds))()
    types = (c_uint32 * len(kinds))(*(kind._type for kind in kinds))
    call("wsync_receive", socket.fileno(), types, len(kinds), 0, fds)
    handles = []
    for kind, fd in zip(kinds, fds):
        handle = kind.__new__(kind)
        handle._prepare(fd)
        handles.append(handle)
    return handles


def _entries(function, where):
    members = [member for member, *_ in _library.ListEntry._fields_
               if member not in ("sz", "name", "name_len")]
    entries = []

    def add(pointer, _):
        entry = {member: getattr(pointer.contents, member) for member in members}
        entry["name"] = pointer.contents.name.decode("utf-8", "surrogateescape")
        entries.append(entry)
        return 0

    call(function, where, _library.LIST_FN(add), None)
    return entries


def list_namespaces():
    """The namespaces that the caller may query."""
    return _entries("wsync_list_namespaces", None)


def info():
    """What the module can do, and how much of it is in use."""
    result = _library.Info()
    call("wsync_get_info", None, byref(result))
    return result


def library_version():
    """The version of libwsync."""
    return _library.library.wsync_version().decode()
