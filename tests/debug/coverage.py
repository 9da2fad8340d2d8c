# For gdb: stops once at every line of SOURCE and counts the variables in scope there, and those that can be read. Each
# pair is listed too, with the value of a number. The program runs with ARGUMENTS.
import gdb

for setting in ("pagination off", "confirm off", "print inferior-events off"):
    gdb.execute("set " + setting)
if ARGUMENTS:
    # The code is made, and known to gdb, only when the program runs.
    gdb.execute("set breakpoint pending on")
with open(PATH) as source:
    count = len(source.readlines())
for line in range(1, count + 1):
    try:
        gdb.Breakpoint(f"{SOURCE}:{line}", temporary=True)
    except gdb.error:
        pass
gdb.execute(f"run {ARGUMENTS} > /dev/null", to_string=True)
seen = {}
# Where a number is read: which.
values = {}
NUMBERS = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_FLT, gdb.TYPE_CODE_CHAR)
while gdb.selected_inferior().pid != 0:
    frame = gdb.newest_frame()
    place = frame.find_sal()
    if place.symtab is None or not place.symtab.filename.endswith(SOURCE):
        gdb.execute("continue", to_string=True)
        continue
    try:
        block = frame.block()
    except RuntimeError:
        block = None
    while block is not None:
        for symbol in block:
            # None of the program's.
            if symbol.name == "__vmctx":
                continue
            # Not yet declared where the program is: not in scope.
            if not (symbol.is_variable or symbol.is_argument) or (not symbol.is_argument and symbol.line > place.line):
                continue
            key = (symbol.name, symbol.line, place.line)
            try:
                value = symbol.value(frame)
                value.fetch_lazy()
                readable = not value.is_optimized_out
                if readable and value.type.strip_typedefs().code in NUMBERS:
                    values.setdefault(key, str(value))
            except gdb.error:
                readable = False
            seen[key] = seen.get(key, False) or readable
        if block.function is not None:
            break
        block = block.superblock
    gdb.execute("continue", to_string=True)
for key, readable in sorted(seen.items(), key=lambda item: (item[0][2], item[0][0])):
    print("pair", f"{key[2]}:{key[0]}:{key[1]}", int(readable), values.get(key, "-").replace(" ", ""))
print(f"{sum(seen.values())} of {len(seen)} (variable, line) pairs are readable")
