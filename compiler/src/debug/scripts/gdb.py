# Commands and printers for gdb over executables that wasmc made with -g (wasmc debug-scripts gdb).
#
# What the instance consists of are variables of the namespace wasm (`info variables ^wasm::`); this shows it together.

import gdb


def variable(name):
    """The variable of the namespace wasm, or None."""
    symbol = gdb.lookup_global_symbol("wasm::" + name) or gdb.lookup_static_symbol("wasm::" + name)
    return symbol and symbol.value()


def instance():
    """Names and symbols of everything in the namespace wasm."""
    found = {}
    for name in ("memory0", "table0"):
        symbol = gdb.lookup_global_symbol("wasm::" + name) or gdb.lookup_static_symbol("wasm::" + name)
        if symbol:
            for block in (symbol.symtab.global_block(), symbol.symtab.static_block()):
                for other in block:
                    if other.is_variable and other.name.startswith("wasm::"):
                        found.setdefault(other.name[len("wasm::") :], other)
    return found


def kind(name, word):
    """Whether a name is that of a memory or table, by the part behind the modules' names."""
    last = name.split("::")[-1]
    return last.startswith(word) and last[len(word) :].isdigit()


def memory(number=0):
    """Address and size of a linear memory of the main module."""
    value = variable("memory%d" % number)
    if value is None:
        raise gdb.GdbError("There is no memory %d (or no debug information of wasmc's)." % number)
    return int(value["base"]), int(value["length"])


def read(offset, count, number=0):
    """Bytes of a linear memory, as far as it goes."""
    base, length = memory(number)
    count = max(0, min(count, length - offset))
    return bytes(gdb.selected_inferior().read_memory(base + offset, count)) if count else b""


def text(offset, limit):
    """The string at an offset, up to its zero byte, as gdb would show it."""
    found = read(offset, limit)
    end = found.find(b"\0")
    return quoted(found if end < 0 else found[:end]) + ("..." if end < 0 and len(found) == limit else "")


def quoted(found):
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    show = lambda c: escapes.get(c, c if c.isprintable() else "\\%03o" % ord(c))
    return '"' + "".join(map(show, found.decode("utf-8", "replace"))) + '"'


def limit():
    return gdb.parameter("print elements") or 4096


class Wasm(gdb.Command):
    """Show what a WebAssembly instance consists of.

wasm memory [OFFSET [COUNT [NUMBER]]]  the memories; or COUNT bytes of one
wasm globals                           the globals
wasm tables                            the tables, with the functions in them
wasm locals                            arguments and locals of the selected frame
wasm catch                             stop where an exception is thrown
wasm string OFFSET                     the string at an offset of the memory"""

    def __init__(self):
        super().__init__("wasm", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


class Memory(gdb.Command):
    """wasm memory [OFFSET [COUNT [NUMBER]]]: list the linear memories; or show bytes, 64 where COUNT does not say."""

    def __init__(self):
        super().__init__("wasm memory", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        numbers = [int(gdb.parse_and_eval(word)) & 0xFFFFFFFFFFFFFFFF for word in gdb.string_to_argv(argument)]
        if not numbers:
            for name, symbol in sorted(instance().items()):
                if kind(name, "memory"):
                    value = symbol.value()
                    print("%s: %#x bytes at %#x" % (name, int(value["length"]), int(value["base"])))
            return
        offset, count, number = (numbers + [64, 0][len(numbers) - 1 :])[:3]
        found = read(offset, count, number)
        for start in range(0, len(found), 16):
            line = found[start : start + 16]
            shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
            print("%08x  %-47s  %s" % (offset + start, line.hex(" "), shown))
        if len(found) < count:
            print("The memory ends at %#x." % memory(number)[1])


class Globals(gdb.Command):
    """wasm globals: show the globals. What a register keeps at -O1 and above is that of the selected frame."""

    def __init__(self):
        super().__init__("wasm globals", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for name, symbol in instance().items():
            if not kind(name, "memory") and not kind(name, "table"):
                value = symbol.value(gdb.selected_frame()) if symbol.needs_frame else symbol.value()
                print("%s: %s = %s" % (name, symbol.type.name or "reference", value.format_string()))


class Tables(gdb.Command):
    """wasm tables: show the tables, with the functions in them."""

    def __init__(self):
        super().__init__("wasm tables", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for name, symbol in sorted(instance().items()):
            if kind(name, "table"):
                self.show(name, symbol.value())

    def show(self, name, table):
        is_array = table.type.code == gdb.TYPE_CODE_ARRAY
        length = table.type.range()[1] + 1 if is_array else int(table["length"])
        print("%s: %d elements" % (name, length))
        for index in range(min(length, limit())):
            record = table[index] if is_array else table["base"][index]
            if not is_array:
                record = record.dereference() if int(record) else None
            code = int(record["code"]) if record is not None else 0
            if code:
                block = gdb.execute("info symbol %#x" % code, to_string=True).split(" in section ")[0]
                print("  %d: %s" % (index, block.strip()))
        if length > limit():
            print("  ...")


class Catch(gdb.Command):
    """wasm catch: stop where an exception of WebAssembly is thrown, but for those that the same function catches."""

    def __init__(self):
        super().__init__("wasm catch", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument, from_tty):
        for function in ("wasmc_throw", "wasmc_throw_reference"):
            try:
                gdb.execute("info address " + function, to_string=True)
            except gdb.error:
                # It is linked only where the program needs it.
                continue
            gdb.execute("break " + function)


class Locals(gdb.Command):
    """wasm locals: show arguments and locals of the selected frame."""

    def __init__(self):
        super().__init__("wasm locals", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for command in ("info args", "info locals"):
            shown = gdb.execute(command, to_string=True)
            if not shown.startswith(("No arguments", "No locals")):
                print(shown, end="")


class String(gdb.Command):
    """wasm string OFFSET: show the string at an offset of the memory, up to its zero byte."""

    def __init__(self):
        super().__init__("wasm string", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        print(text(int(gdb.parse_and_eval(argument)) & 0xFFFFFFFF, limit()))


def is_guest_pointer(ty):
    """Pointers of the program have 32 bits, those of the process 64."""
    return ty.code == gdb.TYPE_CODE_PTR and ty.sizeof == 4


def is_character(ty):
    """The type, or that of the array of one that pointers lead to, is that of characters."""
    ty = ty.strip_typedefs()
    if ty.code == gdb.TYPE_CODE_ARRAY:
        ty = ty.target().strip_typedefs()
    return ty.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR) and ty.sizeof == 1 and "char" in str(ty.unqualified())


class Pointer:
    """A pointer of the program: an offset, and the text where it leads to characters."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        offset = int(self.value.cast(gdb.lookup_type("unsigned int")))
        if offset and is_character(self.value.type.strip_typedefs().target()):
            return "%#x %s" % (offset, text(offset, limit()))
        return "%#x" % offset


class RustString:
    """A &str or a String of Rust's."""

    def __init__(self, pointer, length):
        self.pointer, self.length = pointer, length

    def to_string(self):
        offset, length = int(self.pointer) & 0xFFFFFFFF, int(self.length)
        found = read(offset, min(length, limit()))
        return quoted(found) + ("..." if length > limit() else "")


class RustElements:
    """A slice or a Vec of Rust's: `element` gives what is at an index."""

    def __init__(self, value, length, element):
        self.value, self.length, self.element = value, length, element

    def to_string(self):
        return "%s of %d" % (self.value.type.name, self.length)

    def children(self):
        # One more, so that gdb knows that there are.
        for index in range(min(self.length, limit() + 1)):
            yield "[%d]" % index, self.element(index)

    def display_hint(self):
        return "array"


def elements(value, type_name, pointer, length):
    """Elements of a type at a pointer of the program: at their true address, as if they were variables."""
    offset = int(pointer.cast(gdb.lookup_type("unsigned int")))
    address = gdb.Value(memory()[0] + offset).cast(gdb.lookup_type(type_name).pointer())
    return RustElements(value, int(length), lambda index: (address + index).dereference())


def first_parameter(name):
    """The first parameter in the name of a generic type. (gdb 13 does not survive `template_argument` of Rust's.)"""
    start, depth = name.index("<") + 1, 0
    for at in range(start, len(name)):
        if depth == 0 and name[at] in ",>":
            return name[start:at]
        depth += (name[at] in "<([") - (name[at] in ">)]")
    return name[start:]


def member(value, path):
    for name in path.split("."):
        value = value[name]
    return value


def first_pointer(value):
    """The pointer inside the wrappers that Rust puts around it."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        fields = [field for field in value.type.strip_typedefs().fields() if field.type.sizeof]
        if not fields:
            return None
        value = value[fields[0]]
    return value


def printer(value):
    ty = value.type.strip_typedefs()
    if is_guest_pointer(ty):
        return Pointer(value)
    try:
        if ty.name in ("&str", "&mut str"):
            return RustString(value["data_ptr"].cast(gdb.lookup_type("unsigned int")), value["length"])
        if ty.name == "alloc::string::String":
            vector = value["vec"]
            pointer = first_pointer(member(vector, "buf.inner.ptr"))
            return RustString(pointer.cast(gdb.lookup_type("unsigned int")), vector["len"])
        if ty.name.startswith(("&[", "&mut [")):
            return elements(value, ty.name[ty.name.index("[") + 1 : -1], value["data_ptr"], value["length"])
        if ty.name.startswith("alloc::vec::Vec<"):
            return elements(value, first_parameter(ty.name), first_pointer(member(value, "buf.inner.ptr")), value["len"])
    except (gdb.error, AttributeError):
        pass
    return None


for command in (Wasm, Memory, Globals, Tables, Locals, Catch, String):
    command()
if not any(getattr(known, "__name__", "") == "wasmc_printer" for known in gdb.pretty_printers):
    printer.__name__ = "wasmc_printer"
    gdb.pretty_printers.append(printer)
