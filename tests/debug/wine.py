# For gdb: starts a program for Windows, which the variable PROGRAM names, in Wine, stops it once the executable is mapped, and reads its debug information.
#
# gdb on Linux knows processes of Linux, of which Wine makes one: the executable is some memory to it.
import struct

import gdb


def entry(path):
    """Address of the executable's code, and the first of its bytes (PE format)."""
    data = open(path, "rb").read()
    header = struct.unpack_from("<I", data, 60)[0]
    count, optional = struct.unpack_from("<H12xH", data, header + 6)
    base = struct.unpack_from("<Q", data, header + 24 + 24)[0]
    for number in range(count):
        at = header + 24 + optional + 40 * number
        address, size, offset = struct.unpack_from("<III", data, at + 12)
        if data[at:at + 8].rstrip(b"\0") == b".text":
            return base + address, data[offset:offset + min(size, 256)]
    raise gdb.GdbError("there is no code")


def is_mapped(address, code):
    try:
        return gdb.selected_inferior().read_memory(address, len(code)).tobytes() == code
    except gdb.MemoryError:
        return False


address, code = entry(PROGRAM)
signals = "SIGUSR1 SIGSEGV"
gdb.execute("set auto-solib-add off")
gdb.execute(f"handle {signals} nostop noprint pass", to_string=True)
gdb.execute("starti", to_string=True)
gdb.execute("catch syscall mprotect", to_string=True)
gdb.execute("commands\nsilent\nend")
while not is_mapped(address, code):
    gdb.execute("continue", to_string=True)
gdb.execute("delete")
gdb.execute("handle SIGSEGV stop print", to_string=True)
gdb.execute(f"symbol-file {PROGRAM}", to_string=True)
