# SPDX-License-Identifier: MIT
"""libwsync through ctypes: structures, functions, errors."""

import ctypes
import os
from ctypes import (POINTER, Structure, byref, c_bool, c_char_p, c_int, c_int32, c_int64,
                    c_size_t, c_uint16, c_uint32, c_uint64, c_void_p, sizeof)

# Functions of a CDLL run without the global interpreter lock.
library = ctypes.CDLL(os.environ.get("WSYNC_LIBRARY", "libwsync.so.0"))

FOREVER = -1
TYPE_ANY, TYPE_EVENT, TYPE_MUTEX, TYPE_SEMAPHORE, TYPE_TIMER = range(5)
TYPE_NAMESPACE = 16

INHERIT = 0x0001
EXCL = 0x0002
IN_NAMESPACE = 0x0004
MANUAL_RESET = 0x0100
SIGNALED = 0x0200
OWNED = 0x0400
NS_CREATE = 0x1000
NS_PER_USER = 0x2000
NS_OWNED = 0x4000

CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME = range(3)
ABSOLUTE = 0x10		# of waits and of timers
WAIT_EINTR = 0x80


class Sized(Structure):
    """A structure that begins with its size."""

    def __init__(self, *args, **members):
        super().__init__(*args, **members)
        self.sz = sizeof(self)


class Opts(Sized):
    _fields_ = [("sz", c_size_t), ("access", c_uint32), ("mode", c_uint32), ("ns", c_int32),
                ("reserved", c_uint32)]


class NamespaceOpts(Sized):
    _fields_ = [("sz", c_size_t), ("access", c_uint32), ("mode", c_uint32), ("uid", c_uint32),
                ("other_user", c_uint32)]


class WaitOpts(Sized):
    _fields_ = [("sz", c_size_t), ("flags", c_uint32), ("alert", c_int32)]


class WaitResult(Structure):
    _fields_ = [("index", c_uint32), ("abandoned", c_bool), ("alerted", c_bool),
                ("called", c_bool), ("reserved", c_bool)]


class TimerOpts(Sized):
    _fields_ = [("sz", c_size_t), ("tolerance", c_uint64), ("flags", c_uint32),
                ("alert", c_int32), ("routine", c_void_p), ("arg", c_void_p)]


class Info(Sized):
    _fields_ = [("sz", c_size_t), ("min_period", c_uint64), ("abi_version", c_uint32),
                ("features", c_uint32), ("types", c_uint32), ("errata", c_uint32),
                ("max_wait_any", c_uint32), ("max_wait_all", c_uint32), ("name_max", c_uint32),
                ("max_objects", c_uint32), ("max_namespaces", c_uint32), ("objects", c_uint32),
                ("namespaces", c_uint32), ("reserved", c_uint32)]


class Stat(Sized):
    _fields_ = [("sz", c_size_t), ("id", c_uint64), ("created", c_uint64),
                ("signals", c_uint64), ("acquisitions", c_uint64), ("abandonments", c_uint64),
                ("type", c_uint32), ("access", c_uint32), ("uid", c_uint32), ("gid", c_uint32),
                ("mode", c_uint32), ("handles", c_uint32), ("waiters", c_uint32),
                ("name_len", c_uint32)]


class ListEntry(Structure):
    _fields_ = [("sz", c_size_t), ("id", c_uint64), ("created", c_uint64),
                ("signals", c_uint64), ("acquisitions", c_uint64), ("abandonments", c_uint64),
                ("type", c_uint32), ("uid", c_uint32), ("gid", c_uint32), ("mode", c_uint32),
                ("handles", c_uint32), ("waiters", c_uint32), ("value", c_uint32),
                ("extra", c_uint32), ("ns_uid", c_uint32), ("ns_per_user", c_bool),
                ("signaled", c_bool), ("name_len", c_uint16), ("name", c_char_p)]


class EventState(Structure):
    _fields_ = [("manual_reset", c_bool), ("signaled", c_bool)]


class MutexState(Structure):
    _fields_ = [("depth", c_uint32), ("owner", c_uint32), ("owned_by_caller", c_bool),
                ("abandoned", c_bool)]


class SemaphoreState(Structure):
    _fields_ = [("count", c_uint32), ("max", c_uint32)]


class TimerState(Structure):
    _fields_ = [("remaining", c_int64), ("period", c_int64), ("expirations", c_uint64),
                ("expired_at", c_int64), ("manual_reset", c_bool), ("signaled", c_bool),
                ("set", c_bool)]


LIST_FN = ctypes.CFUNCTYPE(c_int, POINTER(ListEntry), c_void_p)

_INTS = POINTER(c_int)
_BOOL = POINTER(c_bool)
_OPEN = [c_void_p, c_char_p, c_uint32, POINTER(Opts), _INTS]
_CREATE = [*_OPEN, _BOOL]
_WAIT = [c_int64, POINTER(WaitOpts), POINTER(WaitResult)]

_ARGUMENTS = {
    "wsync_apc_fd": [_INTS],
    "wsync_close": [c_int],
    "wsync_duplicate": [c_int, c_uint32, c_uint32, _INTS],
    "wsync_event_create": _CREATE,
    "wsync_event_open": _OPEN,
    "wsync_event_pulse": [c_int, _BOOL],
    "wsync_event_query": [c_int, POINTER(EventState)],
    "wsync_event_reset": [c_int, _BOOL],
    "wsync_event_set": [c_int, _BOOL],
    "wsync_get_info": [c_void_p, POINTER(Info)],
    "wsync_get_stat": [c_int, POINTER(Stat)],
    "wsync_list": [c_int, LIST_FN, c_void_p],
    "wsync_list_namespaces": [c_void_p, LIST_FN, c_void_p],
    "wsync_mutex_create": _CREATE,
    "wsync_mutex_open": _OPEN,
    "wsync_mutex_query": [c_int, POINTER(MutexState)],
    "wsync_mutex_release": [c_int, POINTER(c_uint32)],
    "wsync_namespace_destroy": [c_int],
    "wsync_namespace_open": [c_void_p, c_char_p, c_uint32, POINTER(NamespaceOpts), _INTS, _BOOL],
    "wsync_receive": [c_int, POINTER(c_uint32), c_size_t, c_uint32, _INTS],
    "wsync_same": [c_int, c_int, _BOOL],
    "wsync_semaphore_create": [c_void_p, c_char_p, c_uint32, c_uint32, c_uint32, POINTER(Opts),
                               _INTS, _BOOL],
    "wsync_semaphore_open": _OPEN,
    "wsync_semaphore_query": [c_int, POINTER(SemaphoreState)],
    "wsync_semaphore_release": [c_int, c_uint32, POINTER(c_uint32)],
    "wsync_send": [c_int, _INTS, c_size_t],
    "wsync_signal_and_wait": [c_int, c_int, *_WAIT],
    "wsync_timer_cancel": [c_int, _BOOL],
    "wsync_timer_create": _CREATE,
    "wsync_timer_open": _OPEN,
    "wsync_timer_query": [c_int, POINTER(TimerState)],
    "wsync_timer_set": [c_int, c_int64, c_int64, POINTER(TimerOpts), POINTER(c_uint32)],
    "wsync_wait": [c_int, *_WAIT],
    "wsync_wait_all": [_INTS, c_size_t, *_WAIT],
    "wsync_wait_any": [_INTS, c_size_t, *_WAIT],
}

for _name, _arguments in _ARGUMENTS.items():
    getattr(library, _name).argtypes = _arguments
    getattr(library, _name).restype = c_int
library.wsync_strerror.argtypes = [c_int]
library.wsync_strerror.restype = c_char_p
library.wsync_version.argtypes = []
library.wsync_version.restype = c_char_p


def check(result, name=None):
    """The result of a function; its errors become the fitting OSError."""
    if result < 0:
        raise OSError(-result, library.wsync_strerror(result).decode(), name)
    return result


def call(function, *arguments, name=None):
    return check(getattr(library, function)(*arguments), name)


def encode(name):
    """A name as bytes; undecodable ones come from and go to the module unchanged."""
    if name is None:
        return None
    data = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError("embedded null character")
    return data


def state(function, kind, fd):
    result = kind()
    call(function, fd, byref(result))
    return result
