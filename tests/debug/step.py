# For gdb: runs the program instruction by instruction, up to LIMIT of them, and walks the stack at each.
import gdb


def outermost():
    frame = gdb.newest_frame()
    while frame.older() is not None:
        frame = frame.older()
    return frame.name()


gdb.execute("starti", to_string=True)
steps = 0
cut_off = 0
while steps < LIMIT and gdb.selected_inferior().pid != 0:
    if outermost() != "_start":
        cut_off += 1
        print(gdb.execute("x/i $pc", to_string=True).strip(), gdb.execute("backtrace", to_string=True))
    gdb.execute("stepi", to_string=True)
    steps += 1
print(steps, "steps,", cut_off, "stacks cut off")
