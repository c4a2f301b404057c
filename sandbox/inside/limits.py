"""Resource limits and capabilities of a worker."""

import ctypes
import resource

from . import linux

# Made here, not in every forked child: memory that a child need not write to need not be copied for it.
_HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
_NONE = (ctypes.c_uint32 * 6)()


def drop_capabilities():
    """Give up every capability, effective, permitted and inheritable (capset). Raises OSError."""
    linux.call("capset", _HEADER, _NONE)


def set_limits(address_space, descriptors=0):
    """Bound memory (bytes), file size, open descriptors, processes and core dumps.

    Never RLIMIT_CPU: it coarsens the CPU clock by which a worker is billed.
    """
    bound(
        {
            resource.RLIMIT_AS: address_space,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NOFILE: descriptors,
            resource.RLIMIT_NPROC: 0,
        }
    )


def bound(limits):
    """Set each limit, soft and hard, as far as it is not lower already."""
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (least, least))
