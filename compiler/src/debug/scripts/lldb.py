# Commands, formatters and expressions for lldb over executables that wasmc made with -glldb (wasmc debug-scripts lldb).
# Load it by: command script import FILE
#
# A pointer of the program is a structure with one member, the offset, whose type is named after the memory that it counts in.
# Its methods say what it leads to, and give the address in expressions. They are defined here, once the program has stopped.

import shlex

import lldb

DEREFERENCE = "$$dereference$$"
# Enough for an offset, at most.
MASK = 0xFFFFFFFFFFFFFFFF
# Characters of a string that are shown.
LIMIT = 1024


# What the instance consists of: variables of the namespace wasm.


def kind(name, word):
    """Whether a name is that of a memory or table, by the part behind the modules' names."""
    last = name.split("::")[-1]
    return name.startswith("wasm::") and last.startswith(word) and last[len(word) :].isdigit()


def instance(target, pattern=".*"):
    """What there is in the namespace wasm, by name. lldb looks at the last part of names: `pattern` is for that."""
    found = target.FindGlobalVariables(pattern, 1 << 20, lldb.eMatchTypeRegex)
    values = {value.GetName(): value for value in found if (value.GetName() or "").startswith("wasm::")}
    return dict(sorted(values.items()))


def number(value):
    return value.GetNonSyntheticValue().GetValueAsUnsigned()


def memory(target, name="wasm::memory0"):
    """Address and size of a linear memory; zeros where there is none."""
    # lldb finds variables by the last part of their names.
    for value in target.FindGlobalVariables(name.split("::")[-1], 64):
        if value.GetName() == name:
            return number(value.GetChildMemberWithName("base")), number(value.GetChildMemberWithName("length"))
    return 0, 0


def read(target, offset, count, name="wasm::memory0"):
    """Bytes of a linear memory, as far as it goes."""
    base, length = memory(target, name)
    count = max(0, min(count, length - offset))
    return (target.GetProcess().ReadMemory(base + offset, count, lldb.SBError()) or b"") if count else b""


def text(target, offset, name="wasm::memory0"):
    """The string at an offset, up to its zero byte."""
    found = read(target, offset, LIMIT, name)
    end = found.find(b"\0")
    return quoted(found if end < 0 else found[:end]) + ("..." if end < 0 and len(found) == LIMIT else "")


def quoted(found):
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    show = lambda c: escapes.get(c, c if c.isprintable() else "\\%03o" % ord(c))
    return '"' + "".join(map(show, found.decode("utf-8", "replace"))) + '"'


def table_element(table, index):
    """The address of the function at an index of a table; 0 where there is none."""
    if table.GetType().GetCanonicalType().IsArrayType():
        return number(table.GetChildAtIndex(index).GetChildMemberWithName("code"))
    reference = table.GetType().GetFields()[0].GetType().GetPointeeType()
    address = number(table.GetChildMemberWithName("base")) + index * reference.GetByteSize()
    element = table.CreateValueFromAddress("element", address, reference)
    return number(element.GetChildMemberWithName("code")) if number(element) else 0


def table_length(table):
    if table.GetType().GetCanonicalType().IsArrayType():
        return table.GetNumChildren()
    return number(table.GetChildMemberWithName("length"))


def function_name(target, code):
    symbol = target.ResolveLoadAddress(code).GetSymbol()
    return symbol.GetDisplayName() or symbol.GetName() or "%#x" % code


# Pointers.


def plain(ty):
    return ty.GetCanonicalType().GetUnqualifiedType()


def is_pointer(ty, _internal=None):
    """Whether a type is that of pointers of the program."""
    ty = plain(ty)
    if ty.GetNumberOfFields() != 1 or ty.GetNumberOfDirectBaseClasses():
        return False
    field = ty.GetFieldAtIndex(0)
    return field.GetName() == "offset" and kind(field.GetType().GetName() or "", "memory")


def pointee(ty):
    """What pointers of such a type lead to: an invalid type for functions."""
    ty = plain(ty)
    # lldb 19 does not survive a question for a method that is not there.
    if not ty.GetNumberOfMemberFunctions():
        return lldb.SBType()
    return ty.GetMemberFunctionAtIndex(0).GetReturnType().GetPointeeType()


def is_character(ty):
    ty = plain(ty)
    return ty.GetByteSize() == 1 and ty.GetBasicType() in CHARACTERS


CHARACTERS = (lldb.eBasicTypeChar, lldb.eBasicTypeSignedChar, lldb.eBasicTypeUnsignedChar, lldb.eBasicTypeChar8)


def at_address(parent, name, address, ty):
    """A value in memory, as lldb itself would make it: formatters come later."""
    return parent.CreateValueFromAddress(name, address, ty).GetNonSyntheticValue()


class Place:
    """Where a pointer of the program leads to."""

    def __init__(self, value):
        value = value.GetNonSyntheticValue()
        member = value.GetChildAtIndex(0)
        self.offset = member.GetValueAsUnsigned()
        self.memory = member.GetType().GetName()
        self.type = pointee(value.GetType())
        self.target = value.GetTarget()
        base, length = memory(self.target, self.memory)
        self.is_inside = self.offset < length
        self.address = base + self.offset

    def leads_somewhere(self):
        return self.offset and self.is_inside and self.type.IsValid() and self.type.GetByteSize()

    def value(self, parent, name):
        """What is there; where nothing is, something that cannot be read."""
        return at_address(parent, name, self.address if self.leads_somewhere() else 0, self.type)


class Pointer:
    """A pointer has one child: what it leads to. Members of that are found by their names, so that `->` and `.` work; their
    numbers follow the child's. (Were they children, `p[0]` would be the first of them.)"""

    def __init__(self, value, _internal):
        self.pointer = value
        self.update()

    def update(self):
        self.place = None
        return False

    def found(self):
        """What it leads to, or None."""
        # Not before anybody asks: it may lead back here.
        if self.place is None:
            self.place = Place(self.pointer)
            self.target = None
            if self.place.type.IsValid() and self.place.type.GetByteSize():
                self.target = self.place.value(self.pointer, "*" + (self.pointer.GetName() or ""))
        return self.target

    def has_children(self):
        return self.found() is not None and self.place.leads_somewhere()

    def num_children(self):
        return 1 if self.has_children() else 0

    def get_child_index(self, name):
        target = self.found()
        if target is None or name in (DEREFERENCE, target.GetName()):
            return 0 if target is not None else -1
        index = target.GetIndexOfChildWithName(name) if self.has_children() else -1
        return index + 1 if 0 <= index < target.GetNumChildren() else -1

    def get_child_at_index(self, index):
        target = self.found()
        return target if index == 0 or target is None else target.GetChildAtIndex(index - 1).GetNonSyntheticValue()


def pointer_summary(value, _internal):
    place = Place(value)
    shown = "%#0*x" % (2 + 2 * value.GetNonSyntheticValue().GetByteSize(), place.offset)
    if not place.offset:
        return shown
    if not place.type.IsValid():
        # A function: its number in the table.
        for table in place.target.FindGlobalVariables("table0", 8):
            if table.GetName() == "wasm::table0" and place.offset < table_length(table):
                code = table_element(table, place.offset)
                if code:
                    return "%d %s" % (place.offset, function_name(place.target, code))
        return "%d" % place.offset
    if not place.is_inside:
        return shown + " (beyond the memory)"
    if is_character(place.type):
        return shown + " " + text(place.target, place.offset, place.memory)
    # Strings of Rust's and the like, which are short.
    if summary_of_rust(plain(place.type)):
        found = place.value(value, "target")
        return shown + (" " + found.GetSummary() if found is not None and found.GetSummary() else "")
    return shown


# Rust.


def name_of(ty):
    return plain(ty).GetName() or ""


def is_rust_string(ty, _internal=None):
    return name_of(ty) in ("&str", "&mut str", "alloc::string::String")


def is_rust_list(ty, _internal=None):
    name = name_of(ty)
    is_slice = name.startswith(("&[", "&mut [")) and plain(ty).GetNumberOfFields() == 2
    return is_slice or name.startswith("alloc::vec::Vec<")


def is_rust_enum(ty, _internal=None):
    ty = plain(ty)
    return ty.GetNumberOfFields() == 1 and ty.GetFieldAtIndex(0).GetName() == "$variants$"


def summary_of_rust(ty):
    return is_rust_string(ty) or is_rust_enum(ty)


def member(value, path):
    value = value.GetNonSyntheticValue()
    for name in path.split("."):
        value = value.GetChildMemberWithName(name).GetNonSyntheticValue()
    return value


def first_pointer(value):
    """The pointer inside the wrappers that Rust puts around it."""
    for _ in range(16):
        value = value.GetNonSyntheticValue()
        if not value.IsValid() or is_pointer(value.GetType()):
            return value
        children = (value.GetChildAtIndex(index) for index in range(value.GetNumChildren()))
        value = next((child for child in children if child.GetType().GetByteSize()), lldb.SBValue())
    return value


def rust_contents(value):
    """The pointer to what a string, slice or vector consists of, and how much there is."""
    value = value.GetNonSyntheticValue()
    if value.GetChildMemberWithName("data_ptr").IsValid():
        return member(value, "data_ptr"), number(member(value, "length"))
    vector = value.GetChildMemberWithName("vec")
    vector = vector.GetNonSyntheticValue() if vector.IsValid() else value
    return first_pointer(member(vector, "buf.inner.ptr")), number(member(vector, "len"))


def string_summary(value, _internal):
    pointer, length = rust_contents(value)
    if not pointer.IsValid():
        return None
    place = Place(pointer)
    found = read(place.target, place.offset, min(length, LIMIT), place.memory)
    return quoted(found) + ("..." if length > LIMIT else "")


def list_summary(value, _internal):
    return "%d elements" % rust_contents(value)[1]


class List:
    """The elements of a slice or a Vec of Rust's."""

    def __init__(self, value, _internal):
        self.list = value
        self.update()

    def update(self):
        self.count = 0
        pointer, count = rust_contents(self.list)
        if not pointer.IsValid():
            return False
        place = Place(pointer)
        ty = self.list.GetType()
        is_slice = self.list.GetNonSyntheticValue().GetChildMemberWithName("data_ptr").IsValid()
        self.type = place.type if is_slice else plain(ty).GetTemplateArgumentType(0)
        self.address, self.size = place.address, self.type.GetByteSize()
        # Before it is initialised, anything may be there.
        room = memory(place.target, place.memory)[1] - place.offset
        self.count = count if count * max(self.size, 1) <= max(room, 0) else 0
        return False

    def num_children(self):
        return self.count

    def get_child_index(self, name):
        number = name.strip("[]")
        return int(number) if number.isdigit() else -1

    def get_child_at_index(self, index):
        if not 0 <= index < self.count:
            return None
        return at_address(self.list, "[%d]" % index, self.address + index * self.size, self.type)


def variant(value):
    """The variant that an enum of Rust's has, or None."""
    variants = member(value, "$variants$")
    found = {}
    for index in range(variants.GetNumChildren()):
        child = variants.GetChildAtIndex(index).GetNonSyntheticValue()
        found[child.GetName()] = child
        tag = child.GetChildMemberWithName("$discr$")
        if tag.IsValid():
            discriminant = tag.GetValueAsUnsigned()
            found.setdefault("tag", discriminant)
    # One without a number is for all that no other has.
    child = found.get("$variant$%d" % found.get("tag", 0)) or found.get("$variant$")
    return child.GetChildMemberWithName("value").GetNonSyntheticValue() if child is not None else None


class Enum:
    """The members of the variant that an enum of Rust's has."""

    def __init__(self, value, _internal):
        self.enum = value
        self.update()

    def update(self):
        self.variant = variant(self.enum)
        return False

    def num_children(self):
        return self.variant.GetNumChildren() if self.variant is not None else 0

    def get_child_index(self, name):
        return self.variant.GetIndexOfChildWithName(name) if self.variant is not None else -1

    def get_child_at_index(self, index):
        return self.variant.GetChildAtIndex(index).GetNonSyntheticValue() if self.variant is not None else None


def last_part(name):
    """The last part of a path, without its parameters."""
    depth, start = 0, 0
    end = len(name)
    for at, c in enumerate(name):
        if depth == 0 and name.startswith("::", at):
            start, end = at + 2, len(name)
        if c in "<([{":
            end = at if depth == 0 else end
            depth += 1
        depth -= c in ">)]}" and not name.startswith("->", at - 1)
    return name[start:end]


def enum_summary(value, _internal):
    found = variant(value)
    if found is None:
        return None
    members = [found.GetChildAtIndex(index) for index in range(found.GetNumChildren())]

    def shown(child):
        text = child.GetSummary() or child.GetValue() or "{...}"
        # lldb puts their numbers before characters of Rust's.
        return text.split(" U", 1)[1] if text.startswith("U+") else text

    name = last_part(found.GetType().GetName() or "")
    if not members:
        return name
    if members[0].GetName() == "__0":
        return "%s(%s)" % (name, ", ".join(map(shown, members)))
    return "%s{%s}" % (name, ", ".join("%s: %s" % (child.GetName(), shown(child)) for child in members))


# Expressions.

# Processes that have the methods of pointers.
PREPARED = set()


def prepare(context):
    """Defines the methods of pointers, for expressions and conditions, where a process has stopped for the first time."""
    process, target = context.GetProcess(), context.GetTarget()
    key = process.GetUniqueID()
    if not process.IsValid() or key in PREPARED:
        return
    if not target.FindGlobalVariables("memory0", 1).GetSize():
        # No program of wasmc's.
        PREPARED.add(key)
        return
    code = ""
    for name, value in instance(target, "^memory[0-9]+$").items():
        base = number(value.GetChildMemberWithName("base"))
        for size, offset in ((4, "unsigned"), (8, "unsigned long long")) if base else ():
            function = "wasmc_address_%d_%d" % (key, len(code))
            label = "wasmc_address%d %s" % (size, name.replace("\\", "\\\\").replace('"', '\\"'))
            code += 'extern "C" void *%s(const %s *) __asm__("%s");\n' % (function, offset, label)
            code += "void *%s(const %s *pointer) { return *pointer ? (char *)%dULL + *pointer : 0; }\n" % (
                function,
                offset,
                base,
            )
    if code:
        options = lldb.SBExpressionOptions()
        options.SetTopLevel(True)
        options.SetLanguage(lldb.eLanguageTypeC_plus_plus)
        options.SetSuppressPersistentResult(True)
        context.GetFrame().EvaluateExpression(code, options)
        PREPARED.add(key)
        # Conditions are compiled once, and again where they change: those of a process before call what is gone.
        for breakpoint in target.breakpoint_iter():
            if breakpoint.GetCondition():
                breakpoint.SetCondition(breakpoint.GetCondition() + " ")


class Stop:
    """What is done where a program stops."""

    def __init__(self, target, _arguments, _internal):
        pass

    def handle_stop(self, context, _stream):
        prepare(context)
        return True


# Commands.


def command(function):
    """A function as a command: what is wrong with the arguments is an error."""

    def invoke(debugger, arguments, context, result, internal):
        try:
            function(debugger, arguments, context, result)
        except ValueError as error:
            result.SetError(str(error))

    invoke.__doc__ = function.__doc__
    return invoke


def evaluated(context, words):
    """Numbers that expressions give: for pointers, their offsets."""
    for word in words:
        try:
            yield int(word, 0) & MASK
            continue
        except ValueError:
            pass
        frame = context.GetFrame()
        value = frame.GetValueForVariablePath(word) if frame.IsValid() else lldb.SBValue()
        if not value.IsValid() or value.GetError().Fail():
            value = frame.EvaluateExpression(word) if frame.IsValid() else context.GetTarget().EvaluateExpression(word)
        if not value.IsValid() or value.GetError().Fail():
            raise ValueError(value.GetError().GetCString() or "no value: " + word)
        value = value.GetNonSyntheticValue()
        yield (value.GetChildAtIndex(0) if is_pointer(value.GetType()) else value).GetValueAsUnsigned() & MASK


@command
def memory_command(debugger, arguments, context, result):
    """wasm-memory [OFFSET [COUNT [NUMBER]]]: list the linear memories; or show bytes, 64 where COUNT does not say."""
    target = context.GetTarget()
    numbers = list(evaluated(context, shlex.split(arguments)))
    if not numbers:
        for name in instance(target, "^memory[0-9]+$"):
            base, length = memory(target, name)
            print("%s: %#x bytes at %#x" % (name[len("wasm::") :], length, base), file=result)
        return
    offset, count, index = (numbers + [64, 0][len(numbers) - 1 :])[:3]
    name = "wasm::memory%d" % index
    found = read(target, offset, count, name)
    for start in range(0, len(found), 16):
        line = found[start : start + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        print("%08x  %-47s  %s" % (offset + start, " ".join("%02x" % byte for byte in line), shown), file=result)
    if len(found) < count:
        print("The memory ends at %#x." % memory(target, name)[1], file=result)


@command
def globals_command(debugger, arguments, context, result):
    """wasm-globals: show the globals. What a register keeps at -O1 and above is that of the selected frame."""
    for name, value in instance(context.GetTarget()).items():
        if not kind(name, "memory") and not kind(name, "table"):
            frame = context.GetFrame()
            if value.GetError().Fail() and frame.IsValid() and not value.GetValue():
                value = frame.EvaluateExpression(name.split("::")[-1])
            shown = value.GetValue() or value.GetSummary() or str(value.GetData()).strip()
            ty = value.GetTypeName() or "reference"
            print("%s: %s = %s" % (name[len("wasm::") :], ty, shown), file=result)


@command
def tables_command(debugger, arguments, context, result):
    """wasm-tables: show the tables, with the functions in them."""
    target = context.GetTarget()
    for name, table in instance(target, "^table[0-9]+$").items():
        length = table_length(table)
        print("%s: %d elements" % (name[len("wasm::") :], length), file=result)
        for index in range(min(length, LIMIT)):
            code = table_element(table, index)
            if code:
                print("  %d: %s" % (index, function_name(target, code)), file=result)
        if length > LIMIT:
            print("  ...", file=result)


@command
def locals_command(debugger, arguments, context, result):
    """wasm-locals: show arguments and locals of the selected frame."""
    debugger.GetCommandInterpreter().HandleCommand("frame variable", context, result)


@command
def string_command(debugger, arguments, context, result):
    """wasm-string OFFSET: show the string at an offset of the memory, or that a pointer leads to."""
    for offset in evaluated(context, [arguments]):
        print(text(context.GetTarget(), offset), file=result)


@command
def catch_command(debugger, arguments, context, result):
    """wasm-catch: stop where an exception of WebAssembly is thrown, but for those that the same function catches."""
    command = "breakpoint set --func-regex ^wasmc_throw(_reference)?$"
    debugger.GetCommandInterpreter().HandleCommand(command, context, result)


def __lldb_init_module(debugger, _internal):
    own = __name__ + "."
    quietly = lambda command: debugger.GetCommandInterpreter().HandleCommand(command, lldb.SBCommandReturnObject())
    for name in ("memory", "globals", "tables", "locals", "string", "catch"):
        quietly("command script add --overwrite -f %s%s_command wasm-%s" % (own, name, name))
    quietly("target stop-hook add -P %sStop" % own)
    category = debugger.CreateCategory("wasmc")
    by_function = lambda name: lldb.SBTypeNameSpecifier(own + name, lldb.eFormatterMatchCallback)
    formatters = (
        ("is_pointer", "pointer_summary", "Pointer"),
        ("is_rust_string", "string_summary", None),
        ("is_rust_list", "list_summary", "List"),
        ("is_rust_enum", "enum_summary", "Enum"),
    )
    for recognizer, summary, children in formatters:
        options = lldb.eTypeOptionCascade | (0 if children in ("List",) else lldb.eTypeOptionHideChildren)
        category.AddTypeSummary(by_function(recognizer), lldb.SBTypeSummary.CreateWithFunctionName(own + summary, options))
        if children:
            provider = lldb.SBTypeSynthetic.CreateWithClassName(own + children, lldb.eTypeOptionCascade)
            category.AddTypeSynthetic(by_function(recognizer), provider)
    category.SetEnabled(True)
    process = debugger.GetSelectedTarget().GetProcess()
    if process.IsValid() and process.GetState() == lldb.eStateStopped:
        prepare(lldb.SBExecutionContext(process.GetSelectedThread().GetSelectedFrame()))
