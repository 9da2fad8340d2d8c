"""Ends with an exception that nobody catches."""
import atexit


def outer(values):
    return inner(values, 7)


def inner(values, index):
    return values[index]


atexit.register(print, "at exit")
print("before")
outer([1, 2, 3])
